// What every registered format must keep: a dataset with everything in it is written, recognised, read back
// and proven. What a format cannot hold, its LossReport must name.
#include <algorithm>
#include <clocale>
#include <locale>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/proof.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
namespace fs = std::filesystem;

constexpr int kWidth = 61;  // shares of it never come out even
constexpr int kHeight = 47;

struct Made {
  TemporaryFolder folder;
  Dataset dataset;
  std::vector<fs::path> files;
  fs::path out(const std::string& name = "out") const { return folder.path() / name; }
};

std::vector<Annotation> every_shape() {
  return {{.class_idx = 0, .shape = Box{0, 0, kWidth, kHeight}},
          {.class_idx = 1, .shape = Box{60, 46, 61, 47}},
          {.class_idx = 2, .shape = Box{10.25, 3.5, 20.75, 30.125}},
          {.class_idx = 0, .shape = RotatedBox{30, 24, 16, 8, 30}},
          {.class_idx = 1, .shape = Polygon{{{{5, 5}, {25.5, 7}, {15, 20.25}}}}},
          {.class_idx = 1, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 9}}, {{20, 20}, {30, 20}, {30, 31}}}}},
          // columns 2 to 4, rows 3 to 5 of 47 rows: 2 * 47 + 3 = 97 zeros, then 3 ones and 44 zeros a column
          {.class_idx = 2, .shape = RunLengthMask{kHeight, kWidth, {97, 3, 44, 3, 44, 3, 2673}}},
          {.class_idx = 0, .shape = KeyPoints{{{12, 13}, {0, 0}, {20, 25}}, {2, 0, 1}, {10, 10, 24, 30}}},
          {.class_idx = 2, .shape = Polyline{{{4, 40}, {20, 42.5}, {50, 38}}}},
          {.class_idx = 1, .shape = Ellipse{40, 20, 12, 6, 15}}};
}

std::vector<Annotation> every_mark() {
  auto box = [](double x) { return Box{x, 10, x + 5, 18}; };
  return {{.class_idx = 0, .shape = box(1), .crowd = true},
          {.class_idx = 1, .shape = box(7), .difficult = true},
          {.class_idx = 2, .shape = box(13), .ignore = true},
          {.class_idx = 0, .shape = box(19), .truncated = 0.25, .occluded = 2.0},
          {.class_idx = 1, .shape = box(25), .truncated = 1.0, .occluded = 1.0},
          {.class_idx = 2, .shape = box(31), .score = 0.625},
          {.class_idx = 0, .shape = box(37), .track_id = 12, .group_id = 3, .z = 2},
          {.class_idx = 1,
           .shape = box(43),
           .attributes = {{"colour", "dark red"}, {"plate", "007"}, {"checked", "true"}}},
          {.class_idx = 2, .shape = Box{-6, 30, 12, 52}},
          {.class_idx = 0, .shape = Box{70, 5, 80, 9}},
          {.class_idx = 0, .shape = Box{20, 30, 20, 35}}};
}

// Eight pictures; odd names, one name in two folders, every split, state, tag and attribute.
void fill(Made& made) {
  auto scenes = write_scene_images(
      {.images = 8, .width = kWidth, .height = kHeight, .min_size = 0.2, .max_size = 0.5}, made.out("in"));
  const char* names[] = {"plain.jpg",      "a folder/x 1.jpg", "b/x 1.jpg",  "grün/ключ.jpg",
                         "c/negative.jpg", "unlabelled.jpg",   "tagged.jpg", "000012.jpg"};
  const Split splits[] = {Split::train, Split::val,  Split::train, Split::test,
                          Split::train, Split::test, Split::val,   Split::none};
  auto& dataset = made.dataset;
  dataset.classes.add({.name = "traffic light", .supercategory = "outdoor"});
  dataset.classes.add({.name = "rotes Dreieck ▲"});
  dataset.classes.add(
      {.name = "person", .key_points = {"nose", "left eye", "right eye"}, .skeleton = {{0, 1}, {0, 2}}});
  dataset.classes.add({.name = "never used"});
  for (std::size_t i = 0; i < 8; ++i) {
    made.files.push_back(made.out("in") / scenes.images[i].name);
    auto image = scenes.images[i];
    image.name = names[i];
    image.split = splits[i];
    image.state = ImageState::done;
    image.annotations = {{.class_idx = static_cast<int>(i % 3), .shape = Box{2, 3, 10, 20}}};
    dataset.images.push_back(image);
  }
  dataset.images[0].annotations = every_shape();
  dataset.images[1].annotations = every_mark();
  dataset.images[4].annotations.clear();
  dataset.images[5].annotations.clear();
  dataset.images[5].state = ImageState::unlabelled;
  dataset.images[6].tags = {{0, true}, {2, false}};
  dataset.images[6].attributes = {{"weather", "light rain"}, {"date_captured", "2024-02-29"}};
}

std::vector<std::pair<std::string, std::string>> tree(const fs::path& root) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& entry : fs::recursive_directory_iterator(root))
    if (entry.is_regular_file())
      all.emplace_back(entry.path().lexically_relative(root).string(), read_file(entry.path()));
  std::sort(all.begin(), all.end());
  return all;
}

// 1.234,5 instead of 1234.5
class OtherLocale {
 public:
  OtherLocale() : before_(std::locale::global(std::locale(std::locale::classic(), new Comma))) {
    std::setlocale(LC_NUMERIC, "de_DE.UTF-8");  // where it is installed
  }
  ~OtherLocale() {
    std::locale::global(before_);
    std::setlocale(LC_NUMERIC, "C");
  }
  OtherLocale(const OtherLocale&) = delete;
  OtherLocale& operator=(const OtherLocale&) = delete;

 private:
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::locale before_;
};

const WriteOptions kEverything{.allow_loss = {"all"}, .with_images = true};

}  // namespace

TEST_CASE("contract: a dataset with everything in it is recognised and proven, or its loss is named") {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.make.write) continue;  // reads only
    DYNAMIC_SECTION(entry.name) {
      Made made;
      fill(made);
      auto report = write_dataset(made.dataset, made.files, made.out(), entry.name, kEverything);
      INFO("losses: " + report.losses.to_string());
      for (const auto& [kind, loss] : report.losses.kinds) {
        CAPTURE(kind);
        REQUIRE(loss_kinds().contains(kind));
      }
      auto detected = detect_format(made.out());
      REQUIRE(detected);
      REQUIRE(detected->name == entry.name);
      auto proof = prove_dataset(made.dataset, made.out(), entry.name, report, {.files = made.files});
      REQUIRE(proof.images >= 7);  // the unlabelled one may have no place
      REQUIRE(proof.largest_error <= 1e-6 * kWidth);
      REQUIRE(proof.objects + proof.lost["zero-size"] + proof.lost["outside"] >= 12);
    }
  }
}

TEST_CASE("contract: a box around the whole image comes back exactly") {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.make.write) continue;
    DYNAMIC_SECTION(entry.name) {
      Made made;
      fill(made);
      for (auto& image : made.dataset.images) {
        image.annotations = {{.class_idx = 0, .shape = Box{0, 0, kWidth, kHeight}},
                             {.class_idx = 1, .shape = Box{60, 46, 61, 47}}};
        image.state = ImageState::done;
        image.tags.clear();
        image.attributes.clear();
      }
      auto report = write_dataset(made.dataset, made.files, made.out(), entry.name, kEverything);
      auto read = read_dataset(made.out(), entry.name);
      REQUIRE(read.dataset.images.size() == 8);
      for (const auto& image : read.dataset.images) {
        CAPTURE(image.name);
        REQUIRE(image.annotations.size() == 2);
        REQUIRE(image.annotations[0].box() == Box{0, 0, kWidth, kHeight});
        auto pixel = image.annotations[1].box();
        REQUIRE(pixel.x0 == Approx(60).margin(1e-4));
        REQUIRE(pixel.x1 == Approx(61).margin(1e-4));
        REQUIRE(pixel.y0 == Approx(46).margin(1e-4));
        REQUIRE(pixel.y1 == Approx(47).margin(1e-4));
      }
    }
  }
}

TEST_CASE("contract: the same bytes twice, whatever the locale") {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.make.write) continue;
    DYNAMIC_SECTION(entry.name) {
      Made made;
      fill(made);
      write_dataset(made.dataset, made.files, made.out(), entry.name, kEverything);
      auto once = tree(made.out());
      write_dataset(made.dataset, made.files, made.out("again"), entry.name, kEverything);
      REQUIRE(tree(made.out("again")) == once);
      OtherLocale other;
      write_dataset(made.dataset, made.files, made.out("locale"), entry.name, kEverything);
      REQUIRE(tree(made.out("locale")) == once);
      REQUIRE(read_dataset(made.out("locale"), entry.name).dataset.images.size() >= 7);
    }
  }
}

TEST_CASE("contract: labels alone are proven too") {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.make.write) continue;
    DYNAMIC_SECTION(entry.name) {
      Made made;
      fill(made);
      auto report = write_dataset(made.dataset, made.files, made.out(), entry.name, {.allow_loss = {"all"}});
      auto proof = prove_dataset(made.dataset, made.out(), entry.name, report, {.files = made.files});
      REQUIRE(proof.images >= 7);
    }
  }
}

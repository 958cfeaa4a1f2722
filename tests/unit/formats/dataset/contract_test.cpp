// What every registered format must keep: a dataset with everything in it is written, recognised, read back
// and proven. What a format cannot hold, its LossReport must name.
#include <algorithm>
#include <clocale>
#include <locale>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/probe_dataset.h"
#include "ds/formats/proof.h"
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using ds::testing::tree;
namespace fs = std::filesystem;

constexpr int kWidth = 61;  // shares of it never come out even
constexpr int kHeight = 47;

struct Made {
  TemporaryFolder folder;
  Dataset dataset;
  std::vector<fs::path> files;
  fs::path out(const std::string& name = "out") const { return folder.path() / name; }
};

// The dataset with everything, and a picture for each of its images.
void fill(Made& made) {
  made.dataset = dataset_with_everything(kWidth, kHeight);
  auto pictures = write_scene_images({.images = static_cast<int>(made.dataset.images.size()),
                                      .width = kWidth,
                                      .height = kHeight,
                                      .min_size = 0.2,
                                      .max_size = 0.5},
                                     made.out("in"));
  for (std::size_t i = 0; i < pictures.images.size(); ++i) {
    made.files.push_back(made.out("in") / pictures.images[i].name);
    made.dataset.images[i].sha256 = pictures.images[i].sha256;
  }
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
    if (!entry.value.write) continue;  // reads only
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
    if (!entry.value.write) continue;
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
    if (!entry.value.write) continue;
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
    if (!entry.value.write) continue;
    DYNAMIC_SECTION(entry.name) {
      Made made;
      fill(made);
      auto report = write_dataset(made.dataset, made.files, made.out(), entry.name, {.allow_loss = {"all"}});
      auto proof = prove_dataset(made.dataset, made.out(), entry.name, report, {.files = made.files});
      REQUIRE(proof.images >= 7);
    }
  }
}

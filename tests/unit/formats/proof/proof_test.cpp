// The proof must be able to fail: each thing changed behind its back is named.
#include "ds/formats/proof.h"

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/yolo/options.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
namespace fs = std::filesystem;

struct Written {
  TemporaryFolder folder;
  Dataset dataset;
  std::vector<fs::path> files;
  WriteReport report;
  fs::path out() const { return folder.path() / "out"; }

  explicit Written(const std::string& format, std::vector<Annotation> annotations,
                   const WriteOptions& options = {.with_images = true}) {
    dataset = write_scene_images({.images = 2, .width = 64, .height = 48}, folder.path() / "in");
    for (const auto& image : dataset.images) files.push_back(folder.path() / "in" / image.name);
    for (auto& image : dataset.images) image.split = Split::train;
    dataset.images[0].annotations = std::move(annotations);
    dataset.images[1].annotations.clear();
    report = write_dataset(dataset, files, out(), format, options);
  }
  // What the proof says when the dataset was other than what was written.
  std::string against(const std::function<void(Dataset&)>& change) const {
    auto other = dataset;
    change(other);
    try {
      auto proof = prove_dataset(other, out(), report_format(), report, {.files = files});
      return proof.to_string();
    } catch (const DataError& error) {
      return error.what();
    }
  }
  std::string report_format() const { return detect_format(out())->name; }
};

std::string said(const std::string& where, const std::string& name, const std::string& what) {
  return std::string("proof failed").append(where).append(name).append(what);
}

const std::vector<Annotation> kTwo = {{.class_idx = 0, .shape = Box{1, 2, 11, 22}},
                                      {.class_idx = 1, .shape = Box{30, 20, 40.5, 30}, .occluded = 1.0}};

}  // namespace

TEST_CASE("a proof counts what it compared") {
  Written w("coco", kTwo);
  REQUIRE(w.against([](Dataset&) {}) == "2 images, 2 objects (2 box); largest error 0 px");
}

TEST_CASE("a proof names the first thing that differs") {
  Written w("coco", kTwo);
  auto& first = w.dataset.images[0].name;
  auto at = said(" at ", first, ": ");
  REQUIRE(w.against([](Dataset& d) { d.images[0].annotations[1].class_idx = 2; }) ==
          at + "object 2 is a triangle and reads back as a square");
  REQUIRE(w.against([](Dataset& d) {
    d.images[0].annotations[0].shape = Box{1, 2, 11, 22.5};
  }) == at + "object 1 is box [1, 2, 11, 22.5] and reads back as box [1, 2, 11, 22] (0.5 pixels apart)");
  REQUIRE(w.against([](Dataset& d) { d.images[0].annotations[1].occluded = 0.5; }) ==
          at + "object 2 has occluded 0.5 and reads back with 1");
  REQUIRE(w.against([](Dataset& d) { d.images[0].annotations[0].crowd = true; }) ==
          at + "object 1 has crowd yes and reads back with no");
  REQUIRE(w.against([](Dataset& d) { d.images[0].annotations[0].attributes.emplace("a", "b"); }) ==
          at + "object 1 has attributes a = b and reads back with none");
  REQUIRE(w.against([](Dataset& d) { d.images[0].annotations.pop_back(); }) ==
          at + "1 objects were written, 2 read back");
  REQUIRE(w.against([](Dataset& d) { d.images[0].annotations.push_back(kTwo[0]); }) ==
          at + "3 objects were written, 2 read back");
  REQUIRE(w.against([](Dataset& d) { d.images[0].split = Split::val; }) ==
          said(": ", first, ": split val reads back as train"));
  REQUIRE(w.against([](Dataset& d) { d.images[1].state = ImageState::unlabelled; }) ==
          said(": ", w.dataset.images[1].name, ": an unlabelled image reads back as negative"));
  REQUIRE(w.against([](Dataset& d) {
    d.images[0].tags = {{0, true}};
  }) == said(": ", first, ": tag disc was not read back"));
  REQUIRE(w.against([](Dataset& d) { d.images[0].width = 65; }) ==
          said(": ", first, " is 65x48 and reads back as 64x48"));
}

TEST_CASE("a named loss excuses what it names, as often as it says") {
  Written w("voc",
            {{.class_idx = 0, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}}, {{20, 20}, {30, 20}, {30, 30}}}}},
             {.class_idx = 0, .shape = Box{1, 1, 5, 5}, .crowd = true}},
            {.allow_loss = {"all"}, .with_images = true});
  REQUIRE(w.against([](Dataset&) {}) == "2 images, 2 objects (1 box, 1 polygon); largest error 0 px");
  auto& first = w.dataset.images[0].name;
  // Not even the loss of a polygon makes it another box.
  REQUIRE(w.against([](Dataset& d) {
             d.images[0].annotations[0].shape = Polygon{{{{1, 1}, {8, 1}, {9, 7}}}};
           }).starts_with(said(" at ", first, ": object 1 is polygon within [1, 1, 9, 7]")));
  w.report.losses.kinds["crowd"].count = 0;
  REQUIRE(w.against([](Dataset&) {}) == "proof failed: 0 crowd were to be lost, 1 are");
}

TEST_CASE("labels without images are proven beside links to them; without any, the message says what helps") {
  Written w("yolo", {{.class_idx = 0, .shape = Box{1, 2, 11, 22}}}, {});
  auto proof = prove_dataset(w.dataset, w.out(), "yolo", w.report, {.files = w.files});
  REQUIRE(proof.objects == 1);
  REQUIRE(proof.largest_error <= 64e-6);
  REQUIRE_THROWS_AS(prove_dataset(w.dataset, w.out(), "yolo", w.report), DataError);
}

TEST_CASE("what is cut at the edge is proven as what is left of it") {
  const std::vector<Annotation> outside = {
      {.class_idx = 0, .shape = Box{-20, 10, 30, 30}},
      {.class_idx = 1, .shape = Polygon{{{{66, 22}, {66, 23}, {61, 22.5}, {61.5, 21}}}}},
      {.class_idx = 1, .shape = Polygon{{{{-30, -30}, {40, 10}, {-30, 60}}}}},
      {.class_idx = 2, .shape = RotatedBox{60, 40, 30, 20, 30}},
      {.class_idx = 2, .shape = Ellipse{60, 40, 20, 10, 30}}};
  for (std::size_t count = 1; count <= outside.size(); ++count) {
    for (const std::string task : {"auto", "detect", "segment", "obb"}) {
      CAPTURE(count, task);
      std::vector<Annotation> some(outside.begin(), outside.begin() + static_cast<std::ptrdiff_t>(count));
      Written w("yolo", some, {.allow_loss = {"all"}, .with_images = true, .own = YoloWriting{.task = task}});
      REQUIRE(prove_dataset(w.dataset, w.out(), "yolo", w.report, {.files = w.files}).objects == count);
    }
  }
}

// VoTT: JSON and CSV exports.
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct Export {
  TemporaryFolder folder;
  explicit Export(const std::string& regions) {
    write_scene_images({.images = 1, .width = 80, .height = 60}, path("in"));
    fs::create_directories(path("set"));
    fs::copy(path("in/scene_0000.jpg"), path("set/a.jpg"));
    write_file_atomically(
        path("set/train-export.json"),
        R"({"tags": [{"name": "dog", "color": "#102030"}, {"name": "cat"}], "assets": {"x1": {"asset":
                             {"name": "a.jpg", "path": "file:/home/ada/a.jpg", "size": {"width": 80, "height": 60},
                             "state": 2}, "regions": [)" +
            regions + "]}}}");
  }
  fs::path path(const std::string& name) const { return folder.path() / name; }
  ReadResult read() const { return read_dataset(path("set"), "vott"); }
};

}  // namespace

TEST_CASE("vott: the shared JSON export: boundingBox, one object a tag, sizes as declared") {
  if (assets_are_absent()) return;
  auto result = read_dataset(asset("vott_json_dataset/dataset"), "auto");
  REQUIRE(result.format == "vott");
  // img0003.jpg has a region without a tag
  REQUIRE(result.dataset.classes.names() == Names{"animal", "dog", "person", "(no label)"});
  REQUIRE(objects_of(result, "img0002.jpg") ==
          std::vector<Object>{{"animal", {11.5, 12, 10.2, 20.5}}, {"dog", {11.5, 12, 10.2, 20.5}}});
  REQUIRE(objects_of(result, "img0003.jpg")[0].first == "(no label)");
  REQUIRE(result.dataset.classes[0].color == "#5db300");
  // left 5, top 10, width 10, height 2
  REQUIRE(objects_of(result, "img0001.jpg")[0] == Object{"animal", {5, 10, 10, 2}});
  for (const auto& image : result.dataset.images) REQUIRE(image.split == Split::train);
}

TEST_CASE("vott: the shared CSV exports: the same picture in several rows, floats kept") {
  if (assets_are_absent()) return;
  auto result = read_dataset(asset("vott_csv_dataset/dataset"), "auto");
  REQUIRE(result.format == "vott");
  REQUIRE(result.dataset.images.size() == 4);
  REQUIRE(result.dataset.annotation_count() == 5);
  REQUIRE(image_named(result, "img0001.jpg").split == Split::test);
  REQUIRE(image_named(result, "img0003.jpg").split == Split::train);
  REQUIRE(image_named(result, "img0003.jpg").annotations[0].box() == Box{6.7, 10.3, 10, 15});
  REQUIRE(image_named(result, "img0003.jpg").annotations[1].box() == Box{13.7, 20.2, 45.6, 63.6});
  auto meta = read_dataset(asset("vott_csv_dataset/dataset_with_meta_file"), "auto");
  REQUIRE(meta.dataset.classes.names() == Names{"helmet", "person"});
}

TEST_CASE("vott is not seen in other formats' folders") {
  if (assets_are_absent()) return;
  REQUIRE(false_alarms("vott", {"vott_csv_dataset", "vott_json_dataset"}).empty());
}

TEST_CASE("vott: two tags are two objects, no tag is kept, outlines stay, bad regions are named") {
  Export made(R"({"id": "r1", "type": "RECTANGLE", "tags": ["cat", "dog"],
                  "boundingBox": {"left": 1, "top": 2, "width": 3.5, "height": 4}},
                 {"id": "r2", "type": "RECTANGLE", "tags": [], "boundingBox": {"left": 0, "top": 0, "width": 80, "height": 60}},
                 {"id": "r3", "type": "POLYGON", "tags": ["cat"], "points": [{"x": 1, "y": 1}, {"x": 9, "y": 1}, {"x": 9, "y": 7}]},
                 {"id": "r4", "type": "RECTANGLE", "tags": ["cat"], "boundingBox": {"left": 0, "top": null}},
                 {"id": "r5", "type": "RECTANGLE", "tags": ["bird"], "points": [{"x": 1, "y": 1}, {"x": 9, "y": 7}]})");
  auto result = made.read();
  REQUIRE(result.dataset.classes.names() == Names{"dog", "cat", "(no label)", "bird"});
  REQUIRE(objects_of(result, "a.jpg") == std::vector<Object>{{"cat", {1, 2, 3.5, 4}},
                                                             {"dog", {1, 2, 3.5, 4}},
                                                             {"(no label)", {0, 0, 80, 60}},
                                                             {"cat", {1, 1, 8, 6}},
                                                             {"bird", {1, 1, 8, 6}}});
  const auto& all = image_named(result, "a.jpg").annotations;
  REQUIRE(std::get<Polygon>(all[3].shape).rings == std::vector<Ring>{{{1, 1}, {9, 1}, {9, 7}}});
  REQUIRE(all[0].provenance.original_id == "r1");
  REQUIRE(
      issue_texts(result) ==
      Names{
          "warning EMPTY_LABEL train-export.json: /assets/x1/regions/1: the region has no tag; kept as class "
          "(no "
          "label)",
          "error BAD_ROW train-export.json: /assets/x1/regions/3: neither a boundingBox nor points of finite "
          "numbers; the region is left out"});
}

TEST_CASE("vott: what is written reads back, as JSON and as CSV alone") {
  TemporaryFolder folder;
  auto dataset =
      write_scene_images({.images = 3, .width = 80, .height = 60, .negative_share = 0}, folder.path() / "in");
  std::vector<fs::path> files;
  for (auto& image : dataset.images) {
    image.split = Split::val;
    files.push_back(folder.path() / "in" / image.name);
  }
  auto& first = dataset.images[0];
  first.name = "a folder/x 1.jpg";
  first.annotations = {{.class_idx = 2, .shape = Box{0, 0, 80, 60}},
                       {.class_idx = 1, .shape = Box{0, 0, 80, 60}},
                       {.class_idx = 0, .shape = Polygon{{{{1, 1}, {9.5, 1}, {9, 7}}}}},
                       {.class_idx = 0, .shape = Polyline{{{1, 1}, {9.5, 1}, {9, 7}}}}};
  dataset.images[1].annotations.clear();
  dataset.images[2].annotations.clear();
  dataset.images[2].state = ImageState::unlabelled;
  auto report = write_dataset(dataset, files, folder.path() / "out", "vott", {.with_images = true});
  REQUIRE(report.losses.empty());
  auto read = read_dataset(folder.path() / "out", "auto");
  REQUIRE(read.format == "vott");
  REQUIRE(read.issues.empty());
  REQUIRE(read.dataset.classes.names() == dataset.classes.names());
  const auto& same = image_named(read, first.name);
  REQUIRE(same.split == Split::val);
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(same.annotations[i].shape == first.annotations[i].shape);
    REQUIRE(same.annotations[i].class_idx == first.annotations[i].class_idx);
  }
  REQUIRE(image_named(read, dataset.images[1].name).state == ImageState::done);
  REQUIRE(image_named(read, dataset.images[2].name).state == ImageState::unlabelled);

  fs::remove(folder.path() / "out/val-export.json");
  read = read_dataset(folder.path() / "out", "vott");
  REQUIRE(read.dataset.images.size() == 3);
  REQUIRE(objects_of(read, first.name).size() == 4);
  REQUIRE(objects_of(read, first.name)[1].first == dataset.classes[1].name);
  REQUIRE(objects_of(read, first.name)[2] == Object{dataset.classes[0].name, {1, 1, 8.5, 6}});
}

TEST_CASE("vott: what an export cannot say is counted") {
  TemporaryFolder folder;
  auto dataset = write_scene_images({.images = 1, .width = 80, .height = 60}, folder.path() / "in");
  dataset.images[0].annotations = {
      {.class_idx = 0, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}}, {{20, 20}, {30, 20}, {30, 30}}}}},
      {.class_idx = 0, .shape = Box{1, 1, 5, 5}, .crowd = true, .score = 0.5}};
  REQUIRE_THROWS_WITH(
      write_dataset(dataset, {}, folder.path() / "out", "vott"),
      "vott cannot hold everything: 1 crowd (become ordinary objects), 1 parts (become one ring), 1 "
      "score (lose it)");
}

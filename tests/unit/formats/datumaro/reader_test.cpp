// Datumaro JSON.
#include "ds/testing/shared_data.h"
#include "fixtures/label_tools.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;

std::string file_of(const std::string& annotations, const std::string& more = {}) {
  return R"({"infos": {}, "categories": {"label": {"labels": [{"name": "cat", "parent": "animal"}, {"name": "dog"}]},
    "points": {"items": [{"label_id": 1, "labels": ["nose", "tail"], "joints": [[1, 2]]}]}},
    "items": [{"id": "a", "image": {"path": "a.jpg", "size": [48, 64]}, "annotations": [)" +
         annotations + "]" + (more.empty() ? "" : ", " + more) + "}]}";
}

}  // namespace

TEST_CASE("datumaro: every annotation type, groups and attributes") {
  LabelFolder f;
  f.image("images/train/a.jpg");
  f.remove("a.jpg");
  f.write(
      "annotations/train.json",
      file_of(
          R"({"id": 1, "type": "bbox", "bbox": [1, 2, 3, 4], "label_id": 1, "group": 3, "z_order": 2, "object_id": 8,
                      "attributes": {"occluded": true, "colour": "red", "is_crowd": true, "rotation": 0.0}},
                     {"id": 2, "type": "bbox", "bbox": [10, 10, 20, 10], "label_id": 0, "group": 0,
                      "attributes": {"rotation": 30}},
                     {"id": 3, "type": "polygon", "points": [1, 1, 5, 1, 5, 5], "label_id": 0, "group": 4},
                     {"id": 3, "type": "polygon", "points": [11, 1, 15, 1, 15, 5], "label_id": 0, "group": 4},
                     {"id": 4, "type": "polyline", "points": [1, 1, 5, 3], "label_id": 0},
                     {"id": 5, "type": "points", "points": [1, 1, 5, 3], "visibility": [2, 1], "label_id": 1},
                     {"id": 6, "type": "ellipse", "points": [10, 10, 20, 16], "label_id": 1},
                     {"id": 7, "type": "mask", "rle": {"size": [3, 10], "counts": "0d0n0"}, "label_id": 1},
                     {"id": 8, "type": "rotated_bbox", "points": [30, 20, 10, 4, 45], "label_id": 1},
                     {"id": 9, "type": "label", "label_id": 1, "attributes": {}},
                     {"id": 10, "type": "caption", "caption": "a cat"})",
          R"("attr": {"weather": "rain"})"));
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(result.format == "datumaro");
  // The mask vector [0, 20, 30] is of 50 pixels: 3 x 10 is not its size.
  REQUIRE(f.issues(result) ==
          std::vector<std::string>{
              "error BAD_SEGMENTATION annotations/train.json: /items/0/annotations/7/rle/counts: "
              "the runs sum to 50, but the mask is 3 x 10 = 30; left out"});
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"cat", "dog"});
  REQUIRE(result.dataset.classes[0].supercategory == "animal");
  REQUIRE(result.dataset.classes[1].key_points == std::vector<std::string>{"nose", "tail"});
  REQUIRE(result.dataset.classes[1].skeleton == std::vector<std::pair<int, int>>{{0, 1}});
  const auto& image = result.dataset.images.at(0);
  REQUIRE(image.name == "train/a.jpg");
  REQUIRE(image.split == Split::train);
  REQUIRE(image.tags == std::vector<ImageTag>{{1, true}});
  REQUIRE(image.attributes == std::map<std::string, std::string>{{"weather", "rain"}});
  const auto& o = image.annotations;
  REQUIRE(o.size() == 7);
  REQUIRE(o[0].shape == Shape(Box{1, 2, 4, 6}));
  REQUIRE(o[0].crowd);
  REQUIRE(o[0].occluded == 1.0);
  REQUIRE(o[0].group_id == 3);
  REQUIRE(o[0].z == 2);
  REQUIRE(o[0].track_id == 8);
  REQUIRE(o[0].attributes == std::map<std::string, std::string>{{"colour", "red"}});
  REQUIRE(o[1].shape == Shape(RotatedBox{20, 15, 20, 10, 30}));
  REQUIRE(o[2].shape == Shape(Polygon{{{{1, 1}, {5, 1}, {5, 5}}, {{11, 1}, {15, 1}, {15, 5}}}}));
  REQUIRE(o[2].group_id == 4);
  REQUIRE(o[3].shape == Shape(Polyline{{{1, 1}, {5, 3}}}));
  REQUIRE(o[4].shape == Shape(KeyPoints{{{1, 1}, {5, 3}}, {2, 1}, {1, 1, 5, 3}}));
  REQUIRE(o[5].shape == Shape(Ellipse{15, 13, 5, 3, 0}));
  REQUIRE(o[6].shape == Shape(RotatedBox{30, 20, 10, 4, 45}));
}

TEST_CASE("datumaro: one bad annotation does not discard its neighbours") {
  LabelFolder f;
  f.write("default.json", file_of(R"({"type": "bbox", "bbox": [1, 2, "x", 4], "label_id": 1},
                     {"type": "bbox", "bbox": [1, 2, 3, 4], "label_id": 2},
                     {"type": "polygon", "points": [1, 1, 5, 1, 5], "label_id": 0},
                     {"type": "cuboid_3d", "label_id": 0},
                     {"type": "bbox", "bbox": [1, 2, 3, 4], "label_id": 0})"));
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(
      f.issues(result) ==
      std::vector<std::string>{
          "error BAD_NUMBER default.json: /items/0/annotations/0/bbox: expected four finite numbers; left "
          "out",
          "error UNKNOWN_CLASS default.json: /items/0/annotations/1/label_id: 2 is no label of 2; left out",
          "error BAD_ROW default.json: /items/0/annotations/2/points: a polygon needs an even count of at "
          "least "
          "6 numbers, found 5; left out",
          "error BAD_ROW default.json: /items/0/annotations/3/type: 'cuboid_3d' is none of bbox, caption, "
          "ellipse, label, mask, points, polygon, polyline, rotated_bbox; left out"});
  REQUIRE(result.dataset.annotation_count() == 1);
  f.remove("a.jpg");
  result = read_dataset(f.path(), "auto");
  REQUIRE(f.issues(result)[0] == "error MISSING_IMAGE default.json: /items/0: 'a.jpg' is not there");
  REQUIRE(result.dataset.images[0].width == 64);
  REQUIRE(result.dataset.images[0].height == 48);
}

TEST_CASE("datumaro: an item without annotations is unlabelled unless asked otherwise") {
  LabelFolder f;
  f.write("default.json", file_of(""));
  REQUIRE(read_dataset(f.path(), "auto").dataset.images[0].state == ImageState::unlabelled);
  REQUIRE(read_dataset(f.path(), "auto", {.empty_is_negative = true}).dataset.images[0].state ==
          ImageState::done);
}

TEST_CASE("datumaro: everything reads back, nothing is lost") {
  EveryKind kinds;
  ClassList classes;
  classes.add({.name = "disc",
               .supercategory = "shape",
               .key_points = {"a", "b", "c"},
               .skeleton = {{0, 1}, {1, 2}}});
  classes.add({.name = "square"});
  classes.add({.name = "triangle"});
  kinds.dataset.classes = classes;
  kinds.dataset.images[1].tags = {{0, true}, {1, false}, {2, true}};
  auto report = write_dataset(kinds.dataset, kinds.files, kinds.out(), "datumaro", {.with_images = true});
  REQUIRE(report.losses.empty());
  auto read = read_dataset(kinds.out(), "auto");
  REQUIRE(read.format == "datumaro");
  REQUIRE(count_of(read.issues, Severity::error) == 0);
  REQUIRE(read.dataset.classes == kinds.dataset.classes);
  REQUIRE(read.dataset.images.size() == 6);
  for (const auto& image : kinds.dataset.images) {
    CAPTURE(image.name);
    const auto* same = image_called(read.dataset, image.name);
    REQUIRE(same != nullptr);
    REQUIRE(same->split == image.split);
    REQUIRE(same->state == image.state);
    REQUIRE(same->tags == image.tags);
    REQUIRE(same->attributes == image.attributes);
    REQUIRE(same->annotations.size() == image.annotations.size());
    for (std::size_t i = 0; i < image.annotations.size(); ++i) {
      CAPTURE(i, kind_name(image.annotations[i].shape));
      REQUIRE(difference_of_marks(image.annotations[i], same->annotations[i]).empty());
      REQUIRE(shape_difference(image.annotations[i].shape, same->annotations[i].shape) < 1e-9);
      if (std::holds_alternative<Box>(image.annotations[i].shape))
        REQUIRE(same->annotations[i].shape == image.annotations[i].shape);
    }
  }
}

TEST_CASE("datumaro: the dataset of its own project") {
  const std::string folder = "data/formats/datumaro/tests/assets/datumaro_dataset";
  if (shared_is_absent(folder)) return;
  auto result = read_dataset(shared_folder() / folder, "auto");
  REQUIRE(result.format == "datumaro");
  REQUIRE(result.dataset.images.size() == 4);
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"car", "bicycle", "tom", "mary"});
  REQUIRE(result.dataset.annotation_count() == 0);
  REQUIRE(image_called(result.dataset, "b.jpg")->tags.size() == 4);
  REQUIRE(image_called(result.dataset, "c.jpg")->tags == std::vector<ImageTag>{{1, true}, {3, true}});
  REQUIRE(image_called(result.dataset, "c.jpg")->split == Split::test);
  REQUIRE(image_called(result.dataset, "d.jpg")->state == ImageState::unlabelled);
  REQUIRE(image_called(result.dataset, "d.jpg")->split == Split::val);
}

// COCO's rules one by one, read and written.
#include <cctype>
#include <sstream>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
namespace fs = std::filesystem;
using Attributes = std::map<std::string, std::string>;

// One picture of 64x48 as a.jpg, and x.json beside it.
class Coco {
 public:
  Coco() {
    write_scene_images({.images = 1, .width = 64, .height = 48}, folder_.path());
    fs::rename(path("scene_0000.jpg"), path("a.jpg"));
  }
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  ReadResult read(const std::string& annotations,
                  const std::string& categories = R"([{"id":1,"name":"cat"}])",
                  const std::string& image_extras = "", const ReadOptions& options = {}) {
    write_file_atomically(path("x.json"), R"({"images":[{"id":1,"file_name":"a.jpg","width":64,"height":48)" +
                                              image_extras + R"(}],"categories":)" + categories +
                                              R"(,"annotations":[)" + annotations + "]}");
    return read_dataset(path("x.json"), "coco", options);
  }
  Annotation one(const std::string& members) {
    auto result = read(R"({"id":1,"image_id":1,"category_id":1,)" + members + "}");
    REQUIRE(result.dataset.annotation_count() == 1);
    return result.dataset.images[0].annotations[0];
  }
  // Written and read again.
  Dataset round_trip(const Dataset& dataset) {
    write_dataset(dataset, {}, path("again.json"), "coco");
    return read_dataset(path("again.json"), "coco").dataset;
  }

 private:
  TemporaryFolder folder_;
};

Dataset dataset_with(std::vector<Annotation> annotations) {
  Dataset dataset;
  dataset.classes = ClassList({"cat"});
  dataset.images = {{.name = "a.jpg",
                     .width = 64,
                     .height = 48,
                     .state = ImageState::done,
                     .annotations = std::move(annotations)}};
  return dataset;
}

}  // namespace

TEST_CASE("CO-1: a box is x, y, width, height from the outer corner") {
  Coco coco;
  // 1.5 + 10 = 11.5, 2 + 20.25 = 22.25
  REQUIRE(coco.one(R"("bbox":[1.5,2,10,20.25])").box() == Box{1.5, 2, 11.5, 22.25});
}

TEST_CASE("CO-2: category ids with gaps, from 0 and in any order; the supercategory is kept") {
  Coco coco;
  auto result = coco.read(
      R"({"id":1,"image_id":1,"category_id":0,"bbox":[0,0,4,4]},
         {"id":2,"image_id":1,"category_id":90,"bbox":[0,0,4,4]})",
      R"([{"id":90,"name":"dog","supercategory":"animal"},{"id":0,"name":"cat"},{"id":7,"name":"cow"}])");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"cat", "cow", "dog"});
  REQUIRE(result.dataset.classes[2].supercategory == "animal");
  REQUIRE(result.dataset.images[0].annotations[1].class_idx == 2);
  REQUIRE(coco.round_trip(result.dataset).classes == result.dataset.classes);
}

TEST_CASE("CO-3: a background category is a class like any other") {
  Coco coco;
  auto result = coco.read("", R"([{"id":0,"name":"_background_"},{"id":1,"name":"cat"}])");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"_background_", "cat"});
}

TEST_CASE("CO-5: several outlines are one object; empty ones leave the box") {
  Coco coco;
  auto two = coco.one(R"("segmentation":[[0,0,4,0,4,4],[10,10,14,10,14,14]],"bbox":[0,0,14,14])");
  REQUIRE(std::get<Polygon>(two.shape).rings.size() == 2);
  for (auto* empty : {"[]", "[[]]", "null"})
    REQUIRE(std::holds_alternative<Box>(
        coco.one(std::string(R"("bbox":[0,0,4,4],"segmentation":)") + empty).shape));
}

TEST_CASE("CO-6: run lengths as numbers and as text are the same mask") {
  Coco coco;
  auto text = coco.one(R"("segmentation":{"size":[10,20],"counts":"<37000n4"})");
  auto numbers = coco.one(R"("segmentation":{"size":[10,20],"counts":[12,3,7,3,7,3,165]})");
  REQUIRE(text.shape == numbers.shape);
  REQUIRE(text.box() == Box{1, 2, 4, 5});
  REQUIRE(area_of(text.shape) == 9);
  auto written = coco.round_trip(dataset_with({text}));
  REQUIRE(written.images[0].annotations[0].shape == text.shape);
  auto bad = coco.read(
      R"({"id":1,"image_id":1,"category_id":1,"bbox":[0,0,4,4],"segmentation":{"size":[2,2],"counts":[5,-1]}})");
  REQUIRE(bad.issues.size() == 1);
  REQUIRE(bad.issues[0].code == "BAD_SEGMENTATION");
  REQUIRE(bad.issues[0].message == "the mask's runs hold -1, which is no count of pixels; the box is used");
}

TEST_CASE("CO-7: crowd as 0 and 1, as booleans and as text") {
  Coco coco;
  for (auto* yes : {"1", "true", "\"true\"", "\"1\"", "\"True\""})
    REQUIRE(coco.one(std::string(R"("bbox":[0,0,4,4],"iscrowd":)") + yes).crowd);
  for (auto* no : {"0", "false", "\"false\"", "\"0\"", "null"})
    REQUIRE_FALSE(coco.one(std::string(R"("bbox":[0,0,4,4],"iscrowd":)") + no).crowd);
}

TEST_CASE("CO-8: the declared area is kept beside the shape's") {
  Coco coco;
  REQUIRE_FALSE(coco.one(R"("bbox":[0,0,4,4],"area":16)").area);
  REQUIRE(coco.one(R"("bbox":[0,0,4,4],"area":9)").area == 9.0);
  REQUIRE(coco.round_trip(dataset_with({{.shape = Box{0, 0, 4, 4}, .area = 9.0}}))
              .images[0]
              .annotations[0]
              .area == 9.0);
}

TEST_CASE("CO-9: file names with folders and backslashes, images beside or in images/") {
  Coco coco;
  make_folders(coco.path("images/sub"));
  fs::rename(coco.path("a.jpg"), coco.path("images/sub/a.jpg"));
  write_file_atomically(
      coco.path("annotations/instances_val.json"),
      R"({"images":[{"id":1,"file_name":"sub\\a.jpg","width":64,"height":48}],"categories":[],"annotations":[]})");
  auto result = read_dataset(coco.path("annotations/instances_val.json"), "coco");
  REQUIRE(result.files[0] == coco.path("images/sub/a.jpg"));
  REQUIRE(result.dataset.images[0].split == Split::val);
}

TEST_CASE("CO-10: ids of 64 bits and texts") {
  Coco coco;
  write_file_atomically(coco.path("x.json"),
                        R"({"images":[{"id":9007199254740993,"file_name":"a.jpg","width":64,"height":48}],
          "categories":[{"id":1,"name":"cat"}],
          "annotations":[{"id":1,"image_id":9007199254740993,"category_id":"1","bbox":[0,0,4,4]}]})");
  REQUIRE(read_dataset(coco.path("x.json"), "coco").dataset.annotation_count() == 1);
}

TEST_CASE("CO-11: key points, their names and the skeleton survive; counted are the labelled ones") {
  Coco coco;
  auto result = coco.read(
      R"({"id":1,"image_id":1,"category_id":1,"bbox":[0,0,20,20],"keypoints":[3,4,2,0,0,0,7.5,8,1],"num_keypoints":2})",
      R"([{"id":1,"name":"person","keypoints":["nose","left eye","right eye"],"skeleton":[[1,2],[1,3]]}])");
  const auto& info = result.dataset.classes[0];
  REQUIRE(info.key_points == std::vector<std::string>{"nose", "left eye", "right eye"});
  REQUIRE(info.skeleton == std::vector<std::pair<int, int>>{{0, 1}, {0, 2}});
  auto points = std::get<KeyPoints>(result.dataset.images[0].annotations[0].shape);
  REQUIRE(points == KeyPoints{{{3, 4}, {0, 0}, {7.5, 8}}, {2, 0, 1}, {0, 0, 20, 20}});
  auto again = coco.round_trip(result.dataset);
  REQUIRE(again.classes == result.dataset.classes);
  REQUIRE(again.images[0].annotations[0].shape == Shape(points));
  auto text = read_file(coco.path("again.json"));
  REQUIRE(text.find("\"num_keypoints\": 2") != std::string::npos);
}

TEST_CASE("CO-12: attributes, rotation, order and groups there and back") {
  Coco coco;
  auto read = coco.one(
      R"("bbox":[10,10,20,10],"attributes":{"occluded":true,"rotation":30.0,"track_id":5,"keyframe":true,"size":"01"})");
  REQUIRE(read.shape == Shape(RotatedBox{20, 15, 20, 10, 30}));
  REQUIRE(read.track_id == 5);
  REQUIRE(read.occluded == 1.0);
  REQUIRE(read.attributes == Attributes{{"keyframe", "true"}, {"size", "01"}});
  REQUIRE(coco.one(R"("bbox":[10,10,20,10],"attributes":{"rotation":0.0})").shape ==
          Shape(Box{10, 10, 30, 20}));
  auto full = dataset_with({{.shape = RotatedBox{20, 15, 20, 10, 30},
                             .difficult = true,
                             .truncated = 0.25,
                             .occluded = 2.0,
                             .track_id = 5,
                             .group_id = 3,
                             .z = -2,
                             .attributes = {{"keyframe", "true"}, {"size", "01"}, {"n", "1.50"}}}});
  auto again = coco.round_trip(full).images[0].annotations[0];
  again.source = Source::manual;
  again.provenance = {};
  REQUIRE(again == full.images[0].annotations[0]);
}

TEST_CASE("an image's own members become its attributes and go back where they were") {
  Coco coco;
  auto result =
      coco.read("", R"([{"id":1,"name":"cat"}])",
                R"(,"license":4,"date_captured":"2013-11-14","flickr_url":"","weather":"rain","x":[1])");
  REQUIRE(result.dataset.images[0].attributes ==
          Attributes{{"date_captured", "2013-11-14"}, {"license", "4"}, {"weather", "rain"}});
  auto again = coco.round_trip(result.dataset);
  REQUIRE(again.images[0].attributes == result.dataset.images[0].attributes);
  auto text = read_file(coco.path("again.json"));
  REQUIRE(text.find("\"license\": 4,") != std::string::npos);
}

TEST_CASE("a COCO image without objects keeps whether somebody looked at it") {
  Coco coco;
  auto dataset = dataset_with({});
  dataset.images.push_back({.name = "b.jpg", .width = 64, .height = 48});
  auto again = coco.round_trip(dataset);
  REQUIRE(again.images[0].state == ImageState::done);
  REQUIRE(again.images[1].state == ImageState::unlabelled);
}

TEST_CASE("a rotated box has the box around it as bbox and its corners as outline") {
  Coco coco;
  auto made = dataset_with({{.shape = RotatedBox{50, 40, 30, 4, 45}}});
  auto written = annotation_formats().at("coco").value.write(made, {});
  REQUIRE(written.losses.empty());
  std::ostringstream text;
  written.streams.begin()->second(text, nullptr);
  auto list_of = [&](const std::string& key, std::size_t count) {
    std::istringstream in(text.str().substr(text.str().find('"' + key + "\": [") + key.size() + 5));
    std::vector<double> numbers(count);
    for (auto& number : numbers) {
      while (in && in.peek() != '-' && !std::isdigit(in.peek())) in.get();
      in >> number;
    }
    return numbers;
  };
  // Half of both sides along both axes: (30 + 4) / 2 / sqrt(2) = 12.0208
  std::vector<double> around = {50 - 12.0208, 40 - 12.0208, 24.0416, 24.0416};
  auto bbox = list_of("bbox", 4);
  for (std::size_t i = 0; i < 4; ++i) REQUIRE(bbox[i] == Approx(around[i]).margin(1e-4));
  auto outline = list_of("segmentation", 8);
  auto corners = RotatedBox{50, 40, 30, 4, 45}.corners();
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(outline[2 * i] == Approx(corners[i].x));
    REQUIRE(outline[2 * i + 1] == Approx(corners[i].y));
  }
  REQUIRE(text.str().find("\"area\": 120,") != std::string::npos);
  REQUIRE(coco.round_trip(made).images[0].annotations[0].shape == made.images[0].annotations[0].shape);
}

TEST_CASE("a rotation of 0 says nothing, and an outline that is no rectangle stays one") {
  Coco coco;
  auto upright = coco.one(R"("bbox":[10,10,20,10],"attributes":{"rotation":0.0,"occluded":false})");
  REQUIRE(upright.attributes.empty());
  auto outline = coco.one(
      R"("bbox":[10,10,20,10],"segmentation":[[10,10,30,10,30,20,10,18]],"attributes":{"rotation":30.0})");
  REQUIRE(kind_name(outline.shape) == "polygon");
  REQUIRE(outline.attributes == Attributes{{"rotation", "30.0"}});
}

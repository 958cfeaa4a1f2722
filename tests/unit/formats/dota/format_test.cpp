// DOTA, both ways.
#include "fixtures/sequence_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::sequence_testing;
namespace fs = std::filesystem;
using Attributes = std::map<std::string, std::string>;

// What one row reads as.
Annotation read_row(const std::string& row) {
  FormatFixture data;
  data.image("images/a.jpg");
  data.write("labelTxt/a.txt", row + "\n");
  auto result = read_dataset(data.path(), "dota");
  return result.dataset.images.at(0).annotations.at(0);
}

}  // namespace

TEST_CASE("dota: the fixture has 3 images and 4 boxes") {
  if (shared_is_absent(kAssets + "dota_dataset")) return;
  auto result = read_dataset(shared_folder() / (kAssets + "dota_dataset"), "auto");
  REQUIRE(result.format == "dota");
  REQUIRE(result.dataset.images.size() == 3);
  REQUIRE(result.dataset.annotation_count() == 4);
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"label_0", "label_1"});
  REQUIRE(summarize(result.dataset).images_of_split == std::array<std::size_t, 4>{0, 2, 1, 0});
  REQUIRE(image_named(result, "train_001.jpg").annotations[0].shape == Shape(Box{0, 0, 2, 2}));
  REQUIRE(image_named(result, "val_001.jpg").annotations[1].shape == Shape(Box{1, 2, 10, 5}));
}

TEST_CASE("dota: only its own folders are taken for it") {
  if (shared_is_absent(kAssets)) return;
  // Roboflow's OBB export is DOTA with a data.yaml; the folder of all Roboflow's formats is several.
  REQUIRE(folders_taken_for("dota") ==
          std::set<std::string>{"dota_dataset", "dota_dataset/train", "dota_dataset/val", "roboflow_dataset",
                                "roboflow_dataset/yolo_obb", "roboflow_dataset/yolo_obb/train",
                                "roboflow_dataset/yolo_obb/val"});
  auto result = read_dataset(shared_folder() / (kAssets + "roboflow_dataset/yolo_obb"), "auto");
  REQUIRE(result.format == "dota");
  REQUIRE(result.dataset.annotation_count() == 4);
}

TEST_CASE("dota: rectangles are boxes that begin where the row begins, other quadrangles stay") {
  REQUIRE(read_row("1 2 5 2 5 4 1 4 ship 0").shape == Shape(Box{1, 2, 5, 4}));
  // From the top right corner on, clockwise: 2 down, then 4 to the left.
  REQUIRE(read_row("5 2 5 4 1 4 1 2 ship 0").shape == Shape(RotatedBox{3, 3, 2, 4, 90}));
  // The same corner, counter-clockwise: turned round, still from there.
  REQUIRE(read_row("5 2 1 2 1 4 5 4 ship 0").shape == Shape(RotatedBox{3, 3, 2, 4, 90}));
  // Sides (4,3) and (-3,4) have length 5; atan2(3, 4) = 36.87 degrees; centre (10,10)+(0.5,3.5)
  auto turned = std::get<RotatedBox>(read_row("10 10 14 13 11 17 7 14 ship 1").shape);
  REQUIRE(turned.cx == 10.5);
  REQUIRE(turned.cy == 13.5);
  REQUIRE(turned.width == 5);
  REQUIRE(turned.height == 5);
  REQUIRE(turned.angle_deg == Approx(36.8698976458));
  REQUIRE(read_row("1 2 5 2 5 4 1 4.001 ship 0").shape ==
          Shape(Polygon{{{{1, 2}, {5, 2}, {5, 4}, {1, 4.001}}}}));
  REQUIRE(std::holds_alternative<RotatedBox>(read_row("1 2 5 2.0000001 5 4 1 4 ship 0").shape));
  REQUIRE(read_row("1 1 1 1 1 4 1 4 ship 0").shape == Shape(Box{1, 1, 1, 4}));
  REQUIRE(std::holds_alternative<Polygon>(read_row("1 1 2 2 2 2 1 1 ship 0").shape));
}

TEST_CASE("dota: header lines, difficulty, bad rows with their lines") {
  FormatFixture data;
  data.image("train/images/P0001.jpg");
  data.image("train/images/P0002.jpg");
  data.image("train/images/P0003.jpg");
  data.write("train/labelTxt-v1.5/P0001.txt",
             "imagesource:GoogleEarth\r\ngsd:0.146343590398\r\n"
             "1.0 2.0 5.0 2.0 5.0 4.0 1.0 4.0 small-vehicle 1\r\n"
             "1 2 5 2 5 4 1 4\n"
             "1 2 x 2 5 4 1 4 ship 0\n"
             "1 2 5 2 5 4 1 4 ship hard\n"
             "1 2 5 2 5 4 1 4 ship\n"
             "gsd:late\n"
             "1 2 5 2 5 4 1 4 ship 2\n");
  data.write("train/labelTxt-v1.5/P0002.txt", "imagesource:GoogleEarth\ngsd:null\n");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(result.format == "dota");
  const auto& image = image_named(result, "P0001.jpg");
  REQUIRE(image.attributes == Attributes{{"gsd", "0.146343590398"}, {"imagesource", "GoogleEarth"}});
  REQUIRE(image.split == Split::train);
  REQUIRE(image.annotations.size() == 3);
  REQUIRE(image.annotations[0].difficult);
  REQUIRE_FALSE(image.annotations[1].difficult);
  REQUIRE(image.annotations[2].difficult);
  REQUIRE(image.annotations[2].attributes == Attributes{{"difficulty", "2"}});
  REQUIRE(image_named(result, "P0002.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "P0003.jpg").state == ImageState::unlabelled);
  const std::string file = "train/labelTxt-v1.5/P0001.txt";
  const std::string expected = " words, expected x1 y1 x2 y2 x3 y3 x4 y4 class difficult; left out";
  REQUIRE(
      issue_texts(result, data.path()) ==
      std::vector<std::string>{"error BAD_ROW " + file + ":4: found 8" + expected,
                               "error BAD_NUMBER " + file + ":5: x2 is 'x', not a finite number; left out",
                               "error BAD_NUMBER " + file + ":6: difficult is 'hard', not a number; left out",
                               "error BAD_ROW " + file + ":8: found 1" + expected});
}

TEST_CASE("dota: what is written reads back, turned boxes within rounding") {
  FormatFixture data;
  Dataset dataset;
  for (auto* name : {"zebra", "ship", "unused"}) dataset.classes.add({.name = name});
  Image image{.name = "a.jpg", .width = 64, .height = 48, .split = Split::none};
  image.state = ImageState::done;
  image.attributes = {{"gsd", "0.5"}, {"imagesource", "GoogleEarth"}};
  image.annotations = {
      {.class_idx = 1, .shape = Box{0, 0, 64, 48}},
      {.class_idx = 0, .shape = Box{0.1, 1.0 / 3, 20.123456789012345, 10}, .difficult = true},
      {.class_idx = 1,
       .shape = Polygon{{{{1, 2}, {5, 2}, {5, 4}, {1, 4.5}}}},
       .difficult = true,
       .attributes = {{"difficulty", "2"}}},
      {.class_idx = 0, .shape = RotatedBox{30, 20, 20.5, 9, 211.125}}};
  dataset.images.push_back(image);
  dataset.images.push_back({.name = "b.jpg", .width = 64, .height = 48, .state = ImageState::done});
  dataset.images.push_back({.name = "c.jpg", .width = 64, .height = 48});
  std::vector<fs::path> files(3, data.picture());
  auto report = write_dataset(dataset, files, data.path("out"), "dota", {.with_images = true});
  REQUIRE(report.losses.to_string() == "");
  auto read = read_dataset(data.path("out"), "auto");
  REQUIRE(read.format == "dota");
  REQUIRE(count_of(read.issues, Severity::error) == 0);
  REQUIRE(read.dataset.classes.names() == dataset.classes.names());
  for (const auto& expected : dataset.images) {
    const auto& found = image_named(read, expected.name);
    REQUIRE(found.state == expected.state);
    REQUIRE(found.attributes == expected.attributes);
    REQUIRE(found.annotations.size() == expected.annotations.size());
  }
  const auto& found = image_named(read, "a.jpg").annotations;
  for (std::size_t k = 0; k < 3; ++k) REQUIRE(without_provenance(found[k]) == image.annotations[k]);
  auto turned = std::get<RotatedBox>(found[3].shape);
  REQUIRE(turned.cx == Approx(30).margin(1e-9));
  REQUIRE(turned.width == Approx(20.5).margin(1e-9));
  REQUIRE(turned.height == Approx(9).margin(1e-9));
  REQUIRE(turned.angle_deg == Approx(211.125).margin(1e-9));
}

TEST_CASE("dota: what it cannot hold is counted") {
  FormatFixture data;
  Dataset dataset;
  dataset.classes.add({.name = "a b"});
  Image image{.name = "a.jpg", .width = 64, .height = 48};
  image.attributes = {{"camera", "north"}};
  image.annotations = {{.class_idx = 0, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}}}}, .track_id = 3},
                       {.class_idx = 0, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}, {1, 7}}}}},
                       {.class_idx = 0, .shape = Polyline{{{1, 1}, {9, 2}}}, .attributes = {{"n", "3"}}}};
  dataset.images.push_back(image);
  REQUIRE_THROWS_WITH(
      write_dataset(dataset, {}, data.path("out"), "dota"),
      "dota cannot hold everything: 1 attributes (lose them), 1 image-attributes (lose them but for "
      "imagesource and gsd), 3 name (of classes: blanks become _), 2 polygon (become boxes: around them, or "
      "themselves when they are rectangles), 1 polyline (become their bounding box), 1 track (lose it)");
  auto written = annotation_formats().at("dota").value.write(dataset, {});
  REQUIRE(written.texts.at("labelTxt/a.txt") ==
          "1 1 9 1 9 7 1 7 a_b 0\n1 1 9 1 9 7 1 7 a_b 0\n1 1 9 1 9 2 1 2 a_b 0\n");
}

TEST_CASE("dota: nothing there") {
  FormatFixture data;
  REQUIRE_THROWS_WITH(read_dataset(data.path(), "dota"),
                      data.path().string() + ": no DOTA dataset (folders images and labelTxt)");
}

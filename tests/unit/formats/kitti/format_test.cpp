// KITTI object detection, both ways.
#include "fixtures/sequence_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::sequence_testing;
namespace fs = std::filesystem;
using Attributes = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("kitti: the detection fixture has 2 images and 5 boxes") {
  if (shared_is_absent(kAssets + "kitti_dataset")) return;
  auto result = read_dataset(shared_folder() / (kAssets + "kitti_dataset/kitti_detection"), "auto");
  REQUIRE(result.format == "kitti");
  REQUIRE(result.dataset.images.size() == 2);
  REQUIRE(result.dataset.annotation_count() == 5);
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"Van", "Truck"});
  const auto& image = image_named(result, "000030_10.png");
  REQUIRE(image.name == "training/000030_10.png");
  REQUIRE(image.split == Split::train);
  REQUIRE(image.annotations[0].box() == Box{0, 1, 2, 3});
  REQUIRE(image.annotations[0].truncated == 1.0);
  REQUIRE(image.annotations[0].occluded == 0.0);
  REQUIRE(image.annotations[0].attributes.empty());
  REQUIRE(result.issues.empty());
}

TEST_CASE("kitti: 3D columns are attributes, DontCare is no class") {
  if (shared_is_absent(kAssets + "kitti_dataset")) return;
  auto result = read_dataset(shared_folder() / (kAssets + "kitti_dataset/kitti_3d_with_subset"), "auto");
  REQUIRE(result.format == "kitti");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"Car", "Pedestrian"});
  const auto& image = image_named(result, "000002.png");
  REQUIRE(image.split == Split::test);
  REQUIRE(image.annotations.size() == 1);
  REQUIRE(image.annotations[0].occluded == 3.0);
  REQUIRE(image.annotations[0].truncated == 0.88);
  REQUIRE(image.annotations[0].attributes == Attributes{{"alpha", "-0.69"},
                                                        {"dimensions", "1.60 1.57 3.23"},
                                                        {"location", "-2.70 1.74 3.68"},
                                                        {"rotation_y", "-1.29"}});
  REQUIRE(image.attributes == Attributes{{"DontCare", "800 160 825 185"}});
  REQUIRE(count_code(result, "DONT_CARE") == 1);
}

TEST_CASE("kitti: only its own folders are taken for it") {
  if (shared_is_absent(kAssets)) return;
  REQUIRE(folders_taken_for("kitti") == std::set<std::string>{"kitti_dataset", "kitti_dataset/kitti_3d",
                                                              "kitti_dataset/kitti_3d_with_subset",
                                                              "kitti_dataset/kitti_detection",
                                                              "kitti_dataset/kitti_detection/training"});
}

TEST_CASE("kitti: one bad row is named with its line, its neighbours stay") {
  FormatFixture data;
  data.image("image_2/a.jpg");
  data.image("image_2/b.jpg");
  data.image("image_2/c.jpg");
  data.write("label_2/a.txt",
             "\xEF\xBB\xBF"
             "Car -1 -1 -10 1 2 +3e0 4.5 -1 -1 -1 -1000 -1000 -1000 -10 0.75\r\n"
             "Car 0 0 -10 1 2 3\n"
             "Car 0 0 -10 1 2 nan 4 -1 -1 -1 -1000 -1000 -1000 -10\n"
             "\n"
             "DontCare -1 -1 -10 5 6 7 8 -1 -1 -1 -1000 -1000 -1000 -10\n"
             "DontCare -1 -1 -10 1 1 2.5 2 -1 -1 -1 -1000 -1000 -1000 -10\n"
             "Tram  0.5\t2 0 9 9 8 20 -1 -1 -1 -1000 -1000 -1000 -10");
  data.write("label_2/b.txt", "");
  data.write("label_2/d.txt", "Car 0 0 -10 1 2 3 4 -1 -1 -1 -1000 -1000 -1000 -10\n");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(result.format == "kitti");
  REQUIRE(
      issue_texts(result, data.path()) ==
      std::vector<std::string>{
          "error BAD_ROW label_2/a.txt:2: found 7 columns, expected 15 or, with a score, 16; left out",
          "error BAD_NUMBER label_2/a.txt:3: right is 'nan', not a finite number; left out",
          "warning INVERTED_BOX label_2/a.txt:7: Tram box [9, 9, 8, 20] of a.jpg has its corners exchanged; "
          "read as [8, 9, 9, 20]",
          "error MISSING_IMAGE label_2/d.txt: d.png has no picture in image_2/, which alone knows its size; "
          "1 rows are left out",
          "note DONT_CARE " + data.path().string() +
              ": 2 DontCare regions in 1 images are kept as the images' attribute DontCare; they are no "
              "objects"});
  const auto& image = image_named(result, "a.jpg");
  REQUIRE(image.annotations.size() == 2);
  REQUIRE(image.annotations[0].box() == Box{1, 2, 3, 4.5});
  REQUIRE(image.annotations[0].score == 0.75);
  REQUIRE_FALSE(image.annotations[0].truncated.has_value());
  REQUIRE_FALSE(image.annotations[0].occluded.has_value());
  REQUIRE(image.annotations[0].attributes.empty());
  REQUIRE(image.annotations[1].attributes == Attributes{{"alpha", "0"}});
  REQUIRE(image.annotations[1].provenance.place == "7");
  REQUIRE(image.attributes == Attributes{{"DontCare", "5 6 7 8; 1 1 2.5 2"}});
  REQUIRE(image_named(result, "b.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "c.jpg").state == ImageState::unlabelled);
}

TEST_CASE("kitti: nothing there, and pictures elsewhere") {
  FormatFixture data;
  REQUIRE_THROWS_WITH(read_dataset(data.path(), "kitti"),
                      data.path().string() + ": no KITTI dataset (folders image_2 and label_2)");
  data.image("elsewhere/deep/a.jpg");
  data.write("set/label_2/a.txt", "Car 0 0 -10 1 2 3 4 -1 -1 -1 -1000 -1000 -1000 -10\n");
  auto result = read_dataset(data.path("set"), "auto", {.images = data.path("elsewhere")});
  REQUIRE(result.issues.empty());
  REQUIRE(result.dataset.images.size() == 1);
  REQUIRE(result.dataset.annotation_count() == 1);
}

TEST_CASE("kitti: what is written reads back to the last bit") {
  FormatFixture data;
  Dataset dataset;
  for (auto* name : {"zebra", "Car", "unused"}) dataset.classes.add({.name = name});
  Image image{.name = "train/deep/a.jpg", .width = 64, .height = 48, .split = Split::train};
  image.state = ImageState::done;
  image.attributes = {{"DontCare", "5 6 7 8; 1 1 2.5 2"}};
  image.annotations = {{.class_idx = 1, .shape = Box{0, 0, 64, 48}},
                       {.class_idx = 0,
                        .shape = Box{0.1, 1.0 / 3, 20.123456789012345, 1e1},
                        .truncated = 0.3,
                        .occluded = 2.0,
                        .score = 0.1,
                        .attributes = {{"alpha", "-1"}, {"dimensions", "1.60 1.57 3.23"}}},
                       {.class_idx = 1,
                        .shape = Box{5, 5, 6, 9},
                        .truncated = 0.0,
                        .occluded = 0.0,
                        .attributes = {{"location", "-2.70 1.74 3.68"}, {"rotation_y", "0.5"}}},
                       {.class_idx = 1, .shape = Box{5, 5, 5, 9}, .ignore = true}};
  dataset.images.push_back(image);
  dataset.images.push_back({.name = "b.jpg", .width = 64, .height = 48, .state = ImageState::done});
  dataset.images.push_back({.name = "c.jpg", .width = 64, .height = 48});
  std::vector<fs::path> files(3, data.picture());
  auto report = write_dataset(dataset, files, data.path("out"), "kitti", {.with_images = true});
  REQUIRE(report.losses.to_string() == "");
  REQUIRE(fs::is_regular_file(data.path("out/train/image_2/deep/a.jpg")));
  auto read = read_dataset(data.path("out"), "auto");
  REQUIRE(read.format == "kitti");
  REQUIRE(count_of(read.issues, Severity::error) == 0);
  REQUIRE(read.dataset.classes.names() == dataset.classes.names());
  for (const auto& expected : dataset.images) {
    const auto& found = image_named(read, expected.name);
    REQUIRE(found.state == expected.state);
    REQUIRE(found.split == expected.split);
    REQUIRE(found.attributes == expected.attributes);
    REQUIRE(found.annotations.size() == expected.annotations.size());
    for (std::size_t k = 0; k < found.annotations.size(); ++k)
      REQUIRE(without_provenance(found.annotations[k]) == expected.annotations[k]);
  }
}

TEST_CASE("kitti: what it cannot hold is counted") {
  FormatFixture data;
  Dataset dataset;
  dataset.classes.add({.name = "a b"});
  dataset.classes.add({.name = "DontCare"});
  Image image{.name = "a.jpg", .width = 64, .height = 48};
  image.attributes = {{"DontCare", "not a region"}};
  image.annotations = {{.class_idx = 0, .shape = Ellipse{20, 10, 5, 2.5, 0}, .crowd = true, .occluded = 0.5},
                       {.class_idx = 1, .shape = Box{1, 1, 2, 2}, .attributes = {{"colour", "red"}}}};
  dataset.images.push_back(image);
  REQUIRE_THROWS_WITH(
      write_dataset(dataset, {}, data.path("out"), "kitti"),
      "kitti cannot hold everything: 1 attributes (lose them but for the 3D columns), 1 classes (DontCare is "
      "none in KITTI: its objects become regions), 1 crowd (become ordinary objects), 1 ellipse (become "
      "their "
      "bounding box), 1 image-attributes (lose them), 1 name (of classes: blanks become _), 1 occluded "
      "(become "
      "whole numbers)");
  auto written = annotation_formats().at("kitti").value.write(dataset, {});
  REQUIRE(written.texts.at("label_2/a.txt") ==
          "a_b -1 1 -10 15 7.5 25 12.5 -1 -1 -1 -1000 -1000 -1000 -10\n"
          "DontCare -1 -1 -10 1 1 2 2 -1 -1 -1 -1000 -1000 -1000 -10\n");
  dataset.images.push_back({.name = "a.png", .width = 64, .height = 48});
  auto report = plan_dataset(dataset, "kitti");
  REQUIRE(report.losses.kinds["name"].what ==
          "of classes: blanks become _; written as others: 'a.png' as 'a-2.png'");
  REQUIRE(report.image_paths ==
          std::map<std::string, std::size_t>{{"image_2/a.jpg", 0}, {"image_2/a-2.png", 1}});
}

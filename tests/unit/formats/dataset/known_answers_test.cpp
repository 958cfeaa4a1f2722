// Datasets by others, and what they must parse to.
#include <algorithm>
#include <map>

#include "ds/formats/annotation_format.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using ds::testing::shared_folder;
using ds::testing::shared_is_absent;

const std::string kAssets = "data/formats/datumaro/tests/assets/";

std::size_t count_code(const ReadResult& result, const std::string& code) {
  return static_cast<std::size_t>(std::count_if(result.issues.begin(), result.issues.end(),
                                                [&](const Issue& issue) { return issue.code == code; }));
}

const Image& image_named(const ReadResult& result, const std::string& ending) {
  for (const auto& image : result.dataset.images)
    if (image.name.ends_with(ending)) return image;
  throw std::runtime_error("no image " + ending);
}

std::size_t of_split(const ReadResult& result, Split split) {
  return summarize(result.dataset).images_of_split[static_cast<std::size_t>(split)];
}

// class name, then x y w h
std::vector<std::pair<std::string, std::vector<double>>> objects(const ReadResult& result,
                                                                 const std::string& ending) {
  std::vector<std::pair<std::string, std::vector<double>>> all;
  for (const auto& a : image_named(result, ending).annotations) {
    auto box = a.box();
    all.push_back({result.dataset.classes[a.class_idx].name, {box.x0, box.y0, box.width(), box.height()}});
  }
  return all;
}

}  // namespace

TEST_CASE("BCCD: 364 images, 4888 boxes, 3 classes, its own splits, 2 zero-size boxes with file and line") {
  if (shared_is_absent("data/bccd")) return;
  auto root = shared_folder() / "data/bccd";
  auto result = read_dataset(root, "auto");
  REQUIRE(result.format == "voc");
  auto summary = summarize(result.dataset);
  REQUIRE(summary.images == 364);
  REQUIRE(summary.annotations == 4888);
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"Platelets", "RBC", "WBC"});
  REQUIRE(of_split(result, Split::train) == 205);
  REQUIRE(of_split(result, Split::val) == 87);
  REQUIRE(of_split(result, Split::test) == 72);
  std::vector<std::string> zero;
  for (const auto& issue : result.issues)
    if (issue.code == "ZERO_SIZE_BOX")
      zero.push_back(issue.location.path.filename().string() + ":" + std::to_string(*issue.location.line));
  REQUIRE(zero.size() == 2);
  // Their <bndbox> lines hold 504 337 504 337 and 181 329 181 329.
  REQUIRE(zero == std::vector<std::string>{"BloodImage_00338.xml:163", "BloodImage_00343.xml:55"});
  REQUIRE(
      std::all_of(result.files.begin(), result.files.end(), [](const auto& file) { return !file.empty(); }));
}

TEST_CASE("playing cards: XML beside images, splits by folder") {
  if (shared_is_absent("data/playing_cards")) return;
  auto result = read_dataset(shared_folder() / "data/playing_cards", "auto");
  REQUIRE(result.format == "voc");
  REQUIRE(result.dataset.annotation_count() == 670);
  REQUIRE(result.dataset.classes.names() ==
          std::vector<std::string>{"ace", "jack", "king", "nine", "queen", "ten"});
  REQUIRE(of_split(result, Split::train) == 296);
  REQUIRE(of_split(result, Split::test) == 67);
}

TEST_CASE("coco128: 128 images, 929 boxes, 80 classes of which 71 occur, 2 images without labels") {
  if (shared_is_absent("data/coco128_train")) return;
  auto result = read_dataset(shared_folder() / "data/coco128_train", "auto");
  REQUIRE(result.format == "yolo");
  auto summary = summarize(result.dataset);
  REQUIRE(summary.images == 128);
  REQUIRE(summary.annotations == 929);
  REQUIRE(summary.classes.size() == 80);
  REQUIRE(std::count_if(summary.classes.begin(), summary.classes.end(),
                        [](const auto& c) { return c.annotations > 0; }) == 71);
  REQUIRE(summary.images_of_state[static_cast<std::size_t>(ImageState::unlabelled)] == 2);
}

TEST_CASE("roboflow: the same three images in COCO, VOC and YOLO") {
  for (const std::string format : {"coco", "voc", "yolo"}) {
    if (shared_is_absent(kAssets + "roboflow_dataset/" + format)) return;
    CAPTURE(format);
    auto result = read_dataset(shared_folder() / (kAssets + "roboflow_dataset/" + format), "auto");
    REQUIRE(result.format == format);
    REQUIRE(result.dataset.images.size() == 3);
    REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"label_0", "label_1"});
    REQUIRE(of_split(result, Split::train) == 2);
    REQUIRE(of_split(result, Split::val) == 1);
    using Objects = std::vector<std::pair<std::string, std::vector<double>>>;
    auto near = [](const Objects& seen, const Objects& expected) {
      REQUIRE(seen.size() == expected.size());
      for (std::size_t i = 0; i < seen.size(); ++i) {
        REQUIRE(seen[i].first == expected[i].first);
        for (std::size_t k = 0; k < 4; ++k)
          REQUIRE(seen[i].second[k] == Approx(expected[i].second[k]).margin(1e-5));
      }
    };
    near(objects(result, "train_001.jpg"), {{"label_0", {2, 1, 3, 1}}});
    near(objects(result, "train_002.jpg"), {{"label_1", {0, 0, 2, 4}}});
    near(objects(result, "val_001.jpg"), {{"label_0", {0, 0, 1, 2}}, {"label_1", {0, 0, 9, 1}}});
    REQUIRE(image_named(result, "val_001.jpg").annotations[1].crowd == (format == "coco"));
  }
}

TEST_CASE("coco fixtures in three layouts parse to the same") {
  for (const std::string layout : {"coco_instances", "mmdet_coco", "coco_roboflow", "coco"}) {
    if (shared_is_absent(kAssets + "coco_dataset/" + layout)) return;
    CAPTURE(layout);
    auto result = read_dataset(shared_folder() / (kAssets + "coco_dataset/" + layout), "auto");
    REQUIRE(result.format == "coco");
    REQUIRE(result.dataset.images.size() == 2);
    REQUIRE(result.dataset.annotation_count() == 3);
    REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"a", "b", "c"});
    REQUIRE(objects(result, "a.jpg")[0] == std::pair<std::string, std::vector<double>>{"b", {2, 2, 3, 1}});
    const auto& b = image_named(result, "b.jpg");
    REQUIRE(b.split == Split::val);
    REQUIRE(std::get<Polygon>(b.annotations[0].shape).rings ==
            std::vector<Ring>{{{0, 0}, {1, 0}, {1, 2}, {0, 2}}});
    REQUIRE(b.annotations[0].attributes.at("y") == "hello");
    REQUIRE(b.annotations[1].crowd);
    REQUIRE(area_of(b.annotations[1].shape) == 20);
    // [0,20,30] over 10 rows: 20 ones in columns 0 and 1
    REQUIRE(bounding_box(b.annotations[1].shape) == Box{0, 0, 2, 10});
    REQUIRE(count_code(result, "BOX_MASK_MISMATCH") == 1);
  }
}

TEST_CASE("coco key points keep points, visibility and box") {
  if (shared_is_absent(kAssets + "coco_dataset/coco_person_keypoints")) return;
  auto result = read_dataset(shared_folder() / (kAssets + "coco_dataset/coco_person_keypoints"), "auto");
  std::size_t with_points = 0;
  for (const auto& image : result.dataset.images)
    for (const auto& annotation : image.annotations) with_points += kind_name(annotation.shape) == "points";
  REQUIRE(with_points > 0);
}

TEST_CASE("voc fixtures: parts are no objects, class lists no splits, comments no images") {
  if (shared_is_absent(kAssets + "voc_dataset")) return;
  auto first = read_dataset(shared_folder() / (kAssets + "voc_dataset/voc_dataset1"), "auto");
  REQUIRE(first.format == "voc");
  REQUIRE(first.dataset.images.size() == 2);
  REQUIRE(first.dataset.annotation_count() == 2);
  using Object = std::pair<std::string, std::vector<double>>;
  // cat 1,2,3,4 and person 4,5,6,7 as corners
  REQUIRE(objects(first, "2007_000001.jpg") ==
          std::vector<Object>{{"cat", {1, 2, 2, 2}}, {"person", {4, 5, 2, 2}}});
  REQUIRE(image_named(first, "2007_000002.jpg").state == ImageState::unlabelled);
  REQUIRE(image_named(first, "2007_000001.jpg").split == Split::train);
  REQUIRE(image_named(first, "2007_000002.jpg").split == Split::test);
  auto third = read_dataset(shared_folder() / (kAssets + "voc_dataset/voc_dataset3"), "auto");
  REQUIRE(third.dataset.images.size() == 1);
  REQUIRE(third.dataset.annotation_count() == 1);
}

TEST_CASE("darknet fixtures: data file, names file with labels/ and with Annotations/") {
  for (const std::string layout : {"strict", "labels", "annotations"}) {
    if (shared_is_absent(kAssets + "yolo_dataset/" + layout)) return;
    CAPTURE(layout);
    auto result = read_dataset(shared_folder() / (kAssets + "yolo_dataset/" + layout), "auto");
    REQUIRE(result.format == "darknet");
    REQUIRE(result.dataset.classes.size() == 10);
    for (const auto& image : result.dataset.images) {
      REQUIRE(image.annotations.size() == 2);
      REQUIRE(image.annotations[0].class_idx == 2);
      REQUIRE(image.annotations[1].class_idx == 4);
    }
    REQUIRE(result.dataset.images.size() == (layout == "labels" ? 2 : 1));
  }
}

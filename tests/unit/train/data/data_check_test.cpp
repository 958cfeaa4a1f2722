#include "ds/train/data_check.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/curation/image_looks.h"
#include "ds/project/project.h"

#include <catch2/catch.hpp>

namespace {

ds::TrainImage image_with(std::vector<ds::TrainObject> objects, int width = 640, int height = 480) {
  static int number = 0;
  ds::TrainImage image;
  image.name = "a.jpg";
  image.sha256 = fmt::format("{:064x}", ++number);
  image.file = "/dev/null";
  image.width = width;
  image.height = height;
  image.objects = std::move(objects);
  return image;
}

/// Two images a split, each with 12 cars and 12 bikes that lie apart.
ds::TrainData usable_data() {
  ds::TrainData data;
  data.classes = {"car", "bike"};
  std::vector<ds::TrainObject> objects;
  for (int i = 0; i < 24; ++i)
    objects.push_back({{i % 6 * 100.0, i / 6 * 110.0, i % 6 * 100.0 + 90, i / 6 * 110.0 + 80}, i % 2});
  for (auto* split : {&data.train, &data.val, &data.test})
    for (int i = 0; i < 2; ++i) split->push_back(image_with(objects));
  return data;
}

std::vector<ds::DataFinding> found(const ds::TrainData& data) {
  return ds::check_data(data, {416, 416});
}

std::vector<std::string> messages(const std::vector<ds::DataFinding>& findings) {
  std::vector<std::string> all;
  for (const auto& finding : findings) all.push_back((finding.fatal ? "fatal: " : "") + finding.message);
  return all;
}

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("usable data has no findings") {
  REQUIRE(messages(found(usable_data())).empty());
}

TEST_CASE("empty splits and no boxes at all are fatal") {
  auto data = usable_data();
  data.val.clear();
  REQUIRE(messages(found(data)) ==
          Messages{"fatal: the val split of the snapshot is empty, so the best epoch could not be chosen"});
  data = usable_data();
  for (auto& image : data.train) image.objects.clear();
  REQUIRE(messages(found(data)) == Messages{"fatal: none of the 2 train images has a box"});
}

TEST_CASE("a val split of background, or of ignored regions alone, is as bad as an empty one") {
  auto data = usable_data();
  for (auto& image : data.val) image.objects.clear();
  const Messages expected{"fatal: none of the 2 val images has a box, so the best epoch could not be chosen"};
  REQUIRE(messages(found(data)) == expected);
  data.val[0].objects = {{{0, 0, 10, 10}, 0, true}};
  REQUIRE(messages(found(data)) == expected);
  data.val[0].objects = {{{0, 0, 10, 10}, 0}};
  for (const auto& finding : found(data)) REQUIRE_FALSE(finding.fatal);
}

TEST_CASE("an input size that cannot be is no hint") {
  auto data = usable_data();
  data.train = {image_with({{{0, 0, 0.01, 0.01}, 0}})};
  auto findings = found(data);
  REQUIRE(findings[1].kind == "tiny-boxes");
  REQUIRE(
      findings[1].advice ==
      "the network's finest cells are 8 pixels, and no --input-size (up to 4096) makes up for that: cut the "
      "images into tiles, or check the boxes (ds-import check)");
}

TEST_CASE("missing files are fatal and named") {
  auto data = usable_data();
  data.train[0].file = "/nowhere/a.jpg";
  REQUIRE(messages(found(data)) == Messages{"fatal: 1 image file is missing, the first is a.jpg"});
}

TEST_CASE("classes without boxes and tiny boxes are warnings with advice") {
  auto data = usable_data();
  data.train = {image_with({{{0, 0, 10, 10}, 0}})};
  auto findings = found(data);
  // scale 416 / 640 = 0.65: a side of 10 becomes 6.5, below 8; 416 * 8 / 6.5 = 512
  REQUIRE(messages(findings) == Messages{"class 'bike' has no box in the train split but 24 in val",
                                         "half of the 'car' boxes are smaller than 6.5 pixels at 416x416"});
  REQUIRE(findings[1].advice ==
          "the network's finest cells are 8 pixels: try --input-size 512, or cut the images into tiles");
}

TEST_CASE("a class that drowns the others is named with its share") {
  auto data = usable_data();
  data.train.clear();
  for (int i = 0; i < 39; ++i) data.train.push_back(image_with({{{0, 0, 200, 200}, 0}}));
  data.train.push_back(image_with({{{0, 0, 200, 200}, 1}}));
  // 39 of 40 boxes
  REQUIRE(messages(found(data)) == Messages{"97.5 % of the boxes in the train split are 'car'"});
  data.train.push_back(image_with({{{0, 0, 200, 200}, 1}}));
  data.train.push_back(image_with({{{0, 0, 200, 200}, 1}}));
  REQUIRE(found(data).empty());  // 39 of 42: 92.9 %
}

TEST_CASE("too few objects to measure, images too small and images without boxes are warnings") {
  auto data = usable_data();
  data.val.pop_back();
  REQUIRE(messages(found(data)) ==
          Messages{"the val split has fewer than 20 objects of 'car' (12), 'bike' (12)"});
  data = usable_data();
  for (auto& image : data.train) {
    image.width = 160;
    image.height = 120;
    for (auto& object : image.objects)
      object.box = {object.box.x0 / 4, object.box.y0 / 4, object.box.x1 / 4, object.box.y1 / 4};
  }
  auto findings = found(data);
  // 416 / 160 = 2.6
  REQUIRE(messages(findings) ==
          Messages{"half of the train images are enlarged 2.6 times or more to 416x416"});
  REQUIRE(findings[0].advice == "that costs time and shows nothing new: try --input-size 160");
  data = usable_data();
  for (int i = 0; i < 3; ++i) data.train.push_back(image_with({}));
  findings = found(data);
  REQUIRE(messages(findings) == Messages{"3 of the 5 train images have no box"});
  REQUIRE(findings[0].images == std::vector<std::string>{"a.jpg", "a.jpg", "a.jpg"});
}

TEST_CASE("pictures and groups in two splits are leaks") {
  auto data = usable_data();
  data.val[0].sha256 = data.train[0].sha256;
  data.val[0].name = "copy.jpg";
  data.train[1].group = "burst-1";
  data.test[0].group = data.test[1].group = "burst-1";
  data.val[1].group = "burst-2";
  auto findings = found(data);
  REQUIRE(messages(findings) ==
          Messages{"1 image of the val split also stands in train, the first is copy.jpg",
                   "2 images of the test split have others of their group in train, the first is a.jpg"});
  REQUIRE(findings[0].advice ==
          "scores on that split are better than the model: ds-import leaks --fix, then a new snapshot");
}

TEST_CASE("labels that are likely wrong are counted, and the first is shown") {
  auto data = usable_data();
  for (int i = 0; i < 20; ++i) data.train.push_back(data.train[0]);
  for (std::size_t i = 0; i < data.train.size(); ++i) data.train[i].sha256 = "train" + std::to_string(i);
  auto& objects = data.train[0].objects;
  objects.push_back({{1, 0, 91, 80}, 0});                      // on the car at 0,0: IoU 89/91
  objects.push_back({{100, 1, 190, 80}, 0});                   // on the bike at 100,0
  data.train[1].objects.push_back({{0, 0, 640, 475}, 1});      // 99 % of the image
  data.train[1].objects.push_back({{0, 460, 630, 470}, 1});    // 63 times as long as wide
  data.train[2].objects.push_back({{0, 0, 90, 80}, 0, true});  // an ignore region is no double
  REQUIRE(messages(found(data)) ==
          Messages{"1 object is drawn twice, the first is 'car' [0, 0, 90, 80] on a.jpg",
                   "1 object has two classes, the first is 'bike' and 'car' [100, 0, 190, 80] on a.jpg",
                   "1 box covers the whole image, the first is 'bike' [0, 0, 640, 475] on a.jpg",
                   "1 box is more than 20 times as long as wide, the first is 'bike' [0, 460, 630, 470] on "
                   "a.jpg"});
  // Where every box is around the whole image, that is how the set is made.
  for (auto& image : data.train) image.objects = {{{0, 0, 640, 480}, 0}, {{0, 0, 639, 480}, 1}};
  for (const auto& message : messages(found(data))) REQUIRE(message.find("whole image") == std::string::npos);
}

TEST_CASE("images of two splits that look alike are found when the project knows how they look") {
  ds::TemporaryFolder folder;
  ds::Project::init(folder.path() / "p", {.name = "p", .split_key = "k"}, {"car", "bike"});
  ds::Project project(folder.path() / "p", {.user = "ann", .tool = "test"});
  auto data = usable_data();
  REQUIRE(ds::find_look_alikes_between_splits(project, data).empty());
  ds::LookCache looks(folder.path() / "p" / "cache" / "looks.tsv");
  const ds::ImageLook look{0xF0F0F0F0F0F0F0F0, 0x1234567812345678, {90, 90, 90}};
  auto near = look;
  near.perceptual ^= 5;  // two bits
  auto far = look;
  far.perceptual ^= 0xFFFF;
  looks.put(data.train[0].sha256, look);
  looks.put(data.train[1].sha256, near);  // in the same split
  looks.put(data.val[0].sha256, far);
  looks.put(data.test[1].sha256, near);
  REQUIRE(looks.save());
  data.test[1].name = "again.jpg";
  auto findings = ds::find_look_alikes_between_splits(project, data);
  REQUIRE(messages(findings) ==
          Messages{"1 image of the test split looks like images in train, the first is again.jpg"});
  REQUIRE(findings[0].kind == "look-alikes");
}

TEST_CASE("findings survive being written and read") {
  std::vector<ds::DataFinding> findings = {
      {"one-class", false, "message \"1\"", "advice", {"a.jpg", "ö.jpg"}},
      {"empty-split", true, "m", "", {}}};
  REQUIRE(ds::data_findings_from_json(ds::to_json_text(findings), "findings.json") == findings);
  REQUIRE_THROWS_AS(ds::data_findings_from_json("[1]", "findings.json"), ds::FormatError);
}

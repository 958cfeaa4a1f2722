#include "ds/cocofile/coco_file.h"

#include <cstdlib>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

const std::string kTruth =
    R"({"images":[{"id":7,"file_name":"a\u00e9\n.jpg"}],"categories":[{"id":3,"name":"cat"}],
 "annotations":[{"id":1,"image_id":7,"category_id":3,"bbox":[1,2,3.5,4e0],"area":14,"iscrowd":0}]})";

struct Files {
  TemporaryFolder folder;
  std::string truth_error(const std::string& text, bool compat = false) const {
    write_file_atomically(folder.path() / "gt.json", text);
    try {
      read_coco_truth(folder.path() / "gt.json", {compat});
    } catch (const FormatError& e) {
      return std::string(e.what()).substr(folder.path().string().size() + 1);
    }
    return "no error";
  }
  CocoDetections detections(const std::string& text) const {
    write_file_atomically(folder.path() / "gt.json", kTruth);
    write_file_atomically(folder.path() / "dt.json", text);
    return read_coco_detections(folder.path() / "dt.json", read_coco_truth(folder.path() / "gt.json").truth);
  }
  std::string detection_error(const std::string& text) const {
    try {
      detections(text);
    } catch (const FormatError& e) {
      return std::string(e.what()).substr(folder.path().string().size() + 1);
    }
    return "no error";
  }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("a ground truth is read") {
  const Files f;
  write_file_atomically(f.folder.path() / "gt.json", kTruth);
  const auto truth = read_coco_truth(f.folder.path() / "gt.json").truth;
  REQUIRE(truth.images.at(0).id == 7);
  REQUIRE(truth.images.at(0).name == "a\xc3\xa9\n.jpg");
  REQUIRE(truth.classes.at(0).name == "cat");
  REQUIRE(truth.objects.at(0).w == 3.5);
  REQUIRE(truth.objects.at(0).h == 4);
  REQUIRE(truth.objects.at(0).area == 14);
}

TEST_CASE("errors in a ground truth say where") {
  const Files f;
  REQUIRE(f.truth_error("[]") ==
          "gt.json: found a list, expected an object with images, annotations and categories");
  REQUIRE(f.truth_error("{}") == "gt.json: no 'images': this is not a COCO ground truth");
  REQUIRE(f.truth_error(replaced(kTruth, "\"image_id\":7", "\"image_id\":8")) ==
          "gt.json: /annotations/0/image_id: image 8 is not listed in /images");
  REQUIRE(f.truth_error(replaced(kTruth, "\"category_id\":3", "\"category_id\":4")) ==
          "gt.json: /annotations/0/category_id: class 4 is not listed in /categories");
  REQUIRE(f.truth_error(replaced(kTruth, "3.5", "NaN")) ==
          "gt.json: /annotations/0/bbox/2: found NaN, expected a number");
  REQUIRE(f.truth_error(replaced(kTruth, "3.5", "1e999")) ==
          "gt.json: /annotations/0/bbox/2: 1e999 is too large for a number");
  REQUIRE(f.truth_error(replaced(kTruth, ",4e0", "")) ==
          "gt.json: /annotations/0/bbox: found 3 numbers, expected 4 (x, y, width, height)");
  REQUIRE(f.truth_error(replaced(kTruth, "\"id\":1,", "")) == "gt.json: /annotations/0: no 'id'");
  REQUIRE(f.truth_error(replaced(kTruth, "[{\"id\":7,", "[{\"id\":7},{\"id\":7,")) ==
          "gt.json: /images/1: a second image with id 7");
  REQUIRE(f.truth_error(kTruth.substr(0, 28)) == "gt.json:1:29: the text ends inside a string");
  REQUIRE(f.truth_error(kTruth.substr(0, kTruth.size() - 1)) ==
          "gt.json:2:98: found the end of the file, expected ',' or '}'");
  REQUIRE(f.truth_error(kTruth + "x") == "gt.json:2:99: found x after the end of the value");
}

TEST_CASE("pycocotools' leniency on request") {
  const Files f;
  REQUIRE(f.truth_error(replaced(kTruth, "\"image_id\":7", "\"image_id\":8"), true) == "no error");
  REQUIRE(f.truth_error(replaced(kTruth, "[{\"id\":7,", "[{\"id\":7},{\"id\":7,"), true) == "no error");
}

TEST_CASE("errors in detections say where") {
  const Files f;
  REQUIRE(f.detection_error(R"([{"image_id":999,"category_id":3,"bbox":[1,2,3,4],"score":0.5}])") ==
          "dt.json: /0: image 999 is not in the ground truth");
  REQUIRE(f.detection_error(R"([{"image_id":7,"category_id":3,"bbox":[1,2,3,4],"score":NaN}])") ==
          "dt.json: /0/score: found NaN, expected a number");
  REQUIRE(f.detection_error(R"([{"image_id":7.5,"category_id":3,"bbox":[1,2,3,4],"score":1}])") ==
          "dt.json: /0/image_id: found 7.5, expected a whole number");
  REQUIRE(f.detection_error(R"([{"image_id":7,"category_id":3,"bbox":[1,2,3,4]}])") ==
          "dt.json: /0: no 'score'");
  REQUIRE(f.detection_error(R"([{"image_id":7,"category_id":3,"bbox":"x","score":1}])") ==
          "dt.json: /0/bbox: found \"x\", expected an array");
  REQUIRE(f.detection_error("{}") == "dt.json: expected a list of detections");
  REQUIRE(f.detection_error("") == "dt.json: expected a list of detections");
  REQUIRE(f.detection_error("[1]") == "dt.json: /0: found 1, expected an object");
  REQUIRE(f.detection_error("[{\"a\":\"\\x\"}]") == "dt.json:1:9: unknown escape '\\x'");
}

TEST_CASE("detections of classes the truth lacks are left out and counted") {
  const Files f;
  const auto read = f.detections(
      R"([{"image_id":7,"category_id":9,"bbox":[1,2,3,4],"score":0.5},{"image_id":7,"category_id":3,"bbox":[1,2,3,4],"score":0.5}])");
  REQUIRE(read.table.boxes.size() == 1);
  REQUIRE(read.warnings.size() == 1);
  REQUIRE(read.warnings[0] == (f.folder.path() / "dt.json").string() +
                                  ": 1 detections of classes the ground truth lacks left out (ids 9)");
}

TEST_CASE("detections survive being written and read") {
  const Files f;
  const auto before =
      f.detections(R"([{"image_id":7,"category_id":3,"bbox":[0.1,2.25,1e-7,4],"score":0.3333333333333333}])");
  write_file_atomically(f.folder.path() / "gt.json", kTruth);
  const auto truth = read_coco_truth(f.folder.path() / "gt.json").truth;
  write_coco_detections(f.folder.path() / "again.json", before.table, truth);
  const auto after = read_coco_detections(f.folder.path() / "again.json", truth).table;
  REQUIRE(after.boxes.size() == 1);
  REQUIRE(after.boxes[0].x == 0.1);
  REQUIRE(after.boxes[0].w == 1e-7);
  REQUIRE(after.boxes[0].score == 0.3333333333333333);
}

TEST_CASE("a detection on an image the truth lacks is refused") {
  if (testing::shared_is_absent("cases/evaluation/unknown_image")) return;
  const auto folder = testing::shared_folder() / "cases/evaluation/unknown_image";
  const auto truth = read_coco_truth(folder / "gt.json").truth;
  REQUIRE_THROWS_WITH(read_coco_detections(folder / "dt.json", truth),
                      (folder / "dt.json").string() + ": /1: image 999 is not in the ground truth");
}

namespace {

/// Detections whose texts hold what separates detections, so that a guess at where one begins may be wrong.
std::string many_detections(int count, const std::string& last = {}) {
  std::string text = "[";
  for (int i = 0; i < count; ++i)
    text += std::string(i ? "," : "") +
            R"({"note":"},{","more":[{"a":1},{"b":2}],"image_id":7,"category_id":)" + (i % 5 ? "3" : "9") +
            R"(,"bbox":[)" + std::to_string(i) + R"(,2,3.25,4],"score":0.)" + std::to_string(i + 1) + "}";
  return text + last + "]";
}

}  // namespace

TEST_CASE("a file read in parts is the same file") {
  const Files f;
  write_file_atomically(f.folder.path() / "gt.json", kTruth);
  const auto truth = read_coco_truth(f.folder.path() / "gt.json").truth;
  const auto path = f.folder.path() / "dt.json";
  write_file_atomically(path, many_detections(6000));
  const auto one = read_coco_detections(path, truth, {.threads = 1});
  REQUIRE(one.table.boxes.size() == 4800);
  REQUIRE(one.left_out.boxes.size() == 1200);
  for (const int threads : {2, 3, 8}) {
    const auto parts = read_coco_detections(path, truth, {.threads = threads});
    REQUIRE(parts.table.boxes.size() == one.table.boxes.size());
    for (std::size_t i = 0; i < one.table.boxes.size(); ++i) {
      REQUIRE(parts.table.boxes[i].x == one.table.boxes[i].x);
      REQUIRE(parts.table.boxes[i].score == one.table.boxes[i].score);
    }
    REQUIRE(parts.left_out.places == one.left_out.places);
    const auto both = read_coco_pair(f.folder.path() / "gt.json", path, {.threads = threads});
    REQUIRE(both.second.table.boxes.size() == 4800);
    REQUIRE(both.first.truth.objects.size() == 1);
  }
}

TEST_CASE("an error in a later part says the place in the whole file") {
  const Files f;
  write_file_atomically(f.folder.path() / "gt.json", kTruth);
  const auto truth = read_coco_truth(f.folder.path() / "gt.json").truth;
  const auto path = f.folder.path() / "dt.json";
  auto error = [&](const std::string& text, int threads) -> std::string {
    write_file_atomically(path, text);
    try {
      read_coco_detections(path, truth, {.threads = threads});
    } catch (const FormatError& e) {
      return std::string(e.what()).substr(f.folder.path().string().size() + 1);
    }
    return "no error";
  };
  const std::string bad = R"(,{"image_id":7,"category_id":3,"bbox":[1,2,3,4],"score":NaN})";
  const std::string unknown = R"(,{"image_id":8,"category_id":3,"bbox":[1,2,3,4],"score":1})";
  for (const int threads : {1, 2, 8}) {
    REQUIRE(error(many_detections(6000, bad), threads) ==
            "dt.json: /6000/score: found NaN, expected a number");
    REQUIRE(error(many_detections(6000, unknown), threads) ==
            "dt.json: /6000: image 8 is not in the ground truth");
    auto cut = many_detections(6000);
    cut.pop_back();
    REQUIRE(error(cut, threads).find("found the end of the file, expected ',' or ']'") != std::string::npos);
    REQUIRE(error(cut + ",", threads).find("found the end of the file, expected an object") !=
            std::string::npos);
    REQUIRE(error(many_detections(6000) + "x", threads).find("found x after the end of the value") !=
            std::string::npos);
  }
}

TEST_CASE("numbers are read to the last digit") {
  const Files f;
  for (const char* text : {"0.1", "0.30000000000000004", "123456789012345", "1234567890123456789",
                           "-0.000001", "1e-7", "2.5E+3", "0", "-0", "1.7976931348623157e308", "4.9e-324",
                           "99999999999999.9", "0.000000000000001", "0.0000000000000001", "640.0"}) {
    const auto read = f.detections(std::string(R"([{"image_id":7,"category_id":3,"bbox":[)") + text +
                                   R"(,2,3,4],"score":0.5}])");
    INFO(text);
    REQUIRE(read.table.boxes.at(0).x == std::strtod(text, nullptr));
  }
  REQUIRE(f.detection_error(R"([{"image_id":7,"category_id":3,"bbox":[01,2,3,4],"score":1}])") != "no error");
  REQUIRE(f.detection_error(R"([{"image_id":7,"category_id":3,"bbox":[1.,2,3,4],"score":1}])") != "no error");
}

TEST_CASE("sizes and labels of a truth") {
  const Files f;
  const auto path = f.folder.path() / "gt.json";
  const std::string text =
      R"({"images":[{"id":7,"width":640,"height":480,"pos_category_ids":[4],"neg_category_ids":[3,4],"not_exhaustive_category_ids":[]},
                    {"id":8,"width":null}],
          "categories":[{"id":4,"name":"dog","frequency":"r"},{"id":3,"name":"cat"}],
          "annotations":[{"id":1,"image_id":7,"category_id":3,"bbox":[1,2,3,4],"area":12,"difficult":1},
                         {"id":2,"image_id":7,"category_id":3,"bbox":[1,2,3,4],"area":12,"is_group_of":true}]})";
  write_file_atomically(path, text);
  const auto plain = read_coco_truth(path);
  REQUIRE(plain.truth.images[0].width == 640);
  REQUIRE(plain.truth.images[0].height == 480);
  REQUIRE(plain.truth.images[1].width == 0);
  REQUIRE_FALSE(plain.truth.objects[0].ignore);  // as pycocotools: not looked at
  REQUIRE_FALSE(plain.truth.objects[1].crowd);
  REQUIRE(plain.labels.images.empty());
  const auto read = read_coco_truth(path, {.with_labels = true});
  REQUIRE(read.truth.objects[0].ignore);
  REQUIRE(read.truth.objects[1].crowd);
  // Classes stand by id: cat, dog.
  REQUIRE(read.labels.images[0].positive == std::vector<std::int32_t>{1});
  REQUIRE(read.labels.images[0].negative == std::vector<std::int32_t>{0, 1});
  REQUIRE(read.labels.frequency == std::vector<char>{0, 'r'});
  REQUIRE(read.labels.has_not_exhaustive);
  write_file_atomically(path, replaced(text, "[3,4]", "[3,5]"));
  REQUIRE_THROWS_WITH(read_coco_truth(path, {.with_labels = true}),
                      path.string() + ": /images/0/neg_category_ids/1: class 5 is not listed in /categories");
  write_file_atomically(path, replaced(text, "\"r\"", "\"x\""));
  REQUIRE_THROWS_WITH(
      read_coco_truth(path, {.with_labels = true}),
      path.string() + ": /categories/0/frequency: found \"x\", expected \"r\", \"c\" or \"f\"");
}

TEST_CASE("a file name may be a number, an image's id a text") {
  const Files f;
  auto read = [&](const std::string& text) {
    write_file_atomically(f.folder.path() / "gt.json", text);
    return read_coco_truth(f.folder.path() / "gt.json").truth;
  };
  REQUIRE(read(replaced(kTruth, R"("a\u00e9\n.jpg")", "139")).images.at(0).name == "139");
  // In any order; ids follow the texts' order, as pycocotools sorts them.
  const auto truth =
      read(R"({"annotations":[{"id":1,"image_id":"b","category_id":3,"bbox":[1,2,3,4],"area":12}],
 "images":[{"id":"b"},{"id":"a","file_name":"x/a1.jpg"}],"categories":[{"id":3,"name":"cat"}]})");
  REQUIRE(truth.images.at(0).text_id == "b");
  REQUIRE(truth.images.at(0).name == "b");
  REQUIRE(truth.images.at(0).id == 2);
  REQUIRE(truth.images.at(1).id == 1);
  REQUIRE(truth.objects.at(0).image_idx == 0);
  REQUIRE(read(R"({"images":[{"id":"0139"},{"id":7}],"categories":[],"annotations":[]})").images.at(0).id ==
          139);
  REQUIRE(f.truth_error(R"({"images":[{"id":"a"},{"id":"a"}],"categories":[],"annotations":[]})") ==
          "gt.json: /images/1: a second image with id \"a\"");
  REQUIRE(f.truth_error(R"({"images":[{"id":""}],"categories":[],"annotations":[]})") ==
          "gt.json: /images/0/id: found \"\", expected what names an image");
}

TEST_CASE("detections name images by id, by a text id, or by the file's name") {
  const Files f;
  write_file_atomically(f.folder.path() / "gt.json", R"({"images":[{"id":5,"file_name":"day/a.jpg"},
 {"id":6,"file_name":"day/b.v2.jpg"},{"id":7,"file_name":"night/a.jpg"},{"id":"left","file_name":8}],
 "categories":[{"id":3,"name":"cat"}],"annotations":[]})");
  const auto truth = read_coco_truth(f.folder.path() / "gt.json").truth;
  auto image_of = [&](const std::string& id) {
    write_file_atomically(f.folder.path() / "dt.json",
                          R"([{"image_id":)" + id + R"(,"category_id":3,"bbox":[1,2,3,4],"score":0.5}])");
    return read_coco_detections(f.folder.path() / "dt.json", truth).table.boxes.at(0).image_idx;
  };
  REQUIRE(image_of("6") == 1);
  REQUIRE(image_of("\"6\"") == 1);
  REQUIRE(image_of("\"b.v2\"") == 1);
  REQUIRE(image_of("\"b.v2.jpg\"") == 1);
  REQUIRE(image_of("\"day/a.jpg\"") == 0);
  REQUIRE(image_of("\"left\"") == 3);
  REQUIRE(image_of("\"8\"") == 3);
  REQUIRE_THROWS_AS(image_of("8"), FormatError);  // the number made for "left" is nobody's id
  REQUIRE_THROWS_WITH(image_of("\"a\""), (f.folder.path() / "dt.json").string() +
                                             ": /0: image \"a\" is not in the ground truth");  // two of them
}

TEST_CASE("classes of one name are kept apart, or are one") {
  const Files f;
  write_file_atomically(f.folder.path() / "gt.json", R"({"images":[{"id":5}],
 "categories":[{"id":9,"name":"cat"},{"id":3,"name":"cat"},{"id":4,"name":"dog"}],
 "annotations":[{"id":1,"image_id":5,"category_id":9,"bbox":[1,2,3,4],"area":12},
                {"id":2,"image_id":5,"category_id":4,"bbox":[1,2,3,4],"area":12}]})");
  write_file_atomically(f.folder.path() / "dt.json",
                        R"([{"image_id":5,"category_id":3,"bbox":[1,2,3,4],"score":0.5},
 {"image_id":5,"category_id":9,"bbox":[1,2,3,4],"score":0.4}])");
  REQUIRE(read_coco_truth(f.folder.path() / "gt.json").truth.classes.size() == 3);
  auto [truth, detections] =
      read_coco_pair(f.folder.path() / "gt.json", f.folder.path() / "dt.json", {.merge_same_names = true});
  REQUIRE(truth.truth.classes.size() == 2);
  REQUIRE(truth.truth.classes[0].id == 3);
  REQUIRE(truth.truth.classes[0].other_ids == std::vector<std::int64_t>{9});
  REQUIRE(truth.truth.objects[0].class_idx == 0);
  REQUIRE(truth.truth.objects[1].class_idx == 1);
  for (const auto& box : detections.table.boxes) REQUIRE(box.class_idx == 0);
}

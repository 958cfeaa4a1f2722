#include <cmath>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/cocofile/coco_file.h"
#include "ds/metrics/average_precision.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// One image of 10 x 10 pixels; the object is rows 0 to 4 of columns 0 to 3 (20 pixels), as a polygon.
const std::string kMaskTruth =
    R"({"images":[{"id":7,"width":10,"height":10}],"categories":[{"id":3,"name":"cat"}],
 "annotations":[{"id":1,"image_id":7,"category_id":3,"bbox":[0,0,4,5],"area":18,"iscrowd":0,
                 "segmentation":[[0,0,4,0,4,5,0,5]]}]})";

struct MaskFiles {
  TemporaryFolder folder;
  CocoTruth truth(const std::string& text = kMaskTruth) const {
    write_file_atomically(folder.path() / "gt.json", text);
    return read_coco_truth(folder.path() / "gt.json", {.with_masks = true});
  }
  CocoDetections detections(const std::string& segmentation, const CocoTruth& truth) const {
    write_file_atomically(folder.path() / "dt.json",
                          R"([{"image_id":7,"category_id":3,"score":0.5)" + segmentation + "}]");
    return read_coco_detections(folder.path() / "dt.json", truth.truth, {.with_masks = true});
  }
  template <typename Work>
  std::string error(Work work) const {
    try {
      work();
    } catch (const FormatError& e) {
      return std::string(e.what()).substr(folder.path().string().size() + 1);
    }
    return "no error";
  }
  std::string truth_error(const std::string& from, const std::string& to) const {
    auto text = kMaskTruth;
    text.replace(text.find(from), from.size(), to);
    return error([&] { truth(text); });
  }
  std::string detection_error(const std::string& segmentation) const {
    return error([&] { detections(segmentation, truth()); });
  }
};

/// Rows 0 to 4 of columns 0 to `columns` - 1 as plain runs.
std::string runs(int columns) {
  std::string text = R"(,"segmentation":{"size":[10,10],"counts":[0,5)";
  for (int c = 1; c < columns; ++c) text += ",5,5";
  return text + "," + std::to_string(100 - 10 * columns + 5) + "]}";
}

MatchOptions with_masks() {
  MatchOptions options;
  options.overlap = OverlapOf::masks;
  return options;
}

}  // namespace

TEST_CASE("masks are matched by their pixels") {
  const MaskFiles f;
  const auto truth = f.truth();
  REQUIRE(truth.truth.masks.at(0).area() == 20);
  REQUIRE(truth.truth.objects[0].area == 18);  // the file's own
  // 15 of 20 pixels: IoU .75 reaches the first six thresholds.
  const auto read = f.detections(runs(3), truth);
  REQUIRE(read.table.masks.at(0).area() == 15);
  REQUIRE(read.table.boxes[0].w == 3);  // the mask's bounds where there is no bbox
  REQUIRE(read.table.boxes[0].h == 5);
  REQUIRE(pair_overlap(truth.truth, read.table, OverlapOf::masks, 0, 0) == .75);
  const auto numbers = average_precision(match(truth.truth, read.table, with_masks())).numbers;
  REQUIRE(numbers.at("AP") == Approx(.6));
  REQUIRE(numbers.at("AP75") == Approx(1));
}

TEST_CASE("a crowd's overlap is over the detection's own pixels") {
  const MaskFiles f;
  auto text = kMaskTruth;
  text.replace(text.find("\"iscrowd\":0"), 11, "\"iscrowd\":1");
  const auto truth = f.truth(text);
  // Columns 0 to 4: 20 of its 25 pixels lie in the crowd.
  const auto read = f.detections(runs(5), truth);
  REQUIRE(pair_overlap(truth.truth, read.table, OverlapOf::masks, 0, 0) == .8);
  const auto matching = match(truth.truth, read.table, with_masks());
  REQUIRE(matching.classes[0].matches[0].hit[0] == 0);
  REQUIRE(matching.classes[0].matches[0].ignored[0] == (1u << 7) - 1);  // .50 to .80
}

TEST_CASE("a detection's size is its mask's, not its box's") {
  const MaskFiles f;
  auto truth = f.truth();
  truth.truth.objects.clear();
  truth.truth.masks.clear();
  const auto read = f.detections(R"(,"bbox":[0,0,400,400])" + runs(3), truth);
  REQUIRE(read.table.boxes[0].w == 400);
  const auto matching = match(truth.truth, read.table, with_masks());
  REQUIRE(matching.classes[0].matches[0].ignored[1] == 0);  // 15 pixels are small
  REQUIRE(matching.classes[0].matches[0].ignored[3] == (1u << 10) - 1);
}

TEST_CASE("every way to write a mask is the same mask") {
  const MaskFiles f;
  const auto truth = f.truth();
  const auto plain = f.detections(runs(4), truth).table.masks.at(0);
  const auto text = encode_run_length(plain);
  const auto packed = f.detections(R"(,"segmentation":{"counts":")" + text + R"(","size":[10,10]})", truth);
  const auto drawn = f.detections(R"(,"segmentation":[[0,0,4,0,4,5,0,5]])", truth);
  REQUIRE(packed.table.masks.at(0) == plain);
  REQUIRE(drawn.table.masks.at(0) == plain);
  REQUIRE(plain == truth.truth.masks.at(0));
}

TEST_CASE("masks that cannot be read say where") {
  const MaskFiles f;
  REQUIRE(f.detection_error("") == "dt.json: /0: no 'segmentation'; masks were asked for");
  REQUIRE(
      f.detection_error(R"(,"segmentation":3)") ==
      "dt.json: /0/segmentation: expected polygons [[x, y, ...], ...] or run lengths {\"size\", \"counts\"}");
  REQUIRE(f.detection_error(R"(,"segmentation":[])") == "dt.json: /0/segmentation: no polygon");
  REQUIRE(f.detection_error(R"(,"segmentation":[[1,2,3,4]])") ==
          "dt.json: /0/segmentation/0: a polygon of 4 numbers, expected x and y of at least three points");
  REQUIRE(f.detection_error(R"(,"segmentation":{"size":[10,10]})") ==
          "dt.json: /0/segmentation: no 'counts'");
  REQUIRE(f.detection_error(R"(,"segmentation":{"size":[10,10],"counts":[1,2]})") ==
          "dt.json: /0/segmentation: the runs sum to 3, but the mask is 10 x 10 = 100");
  REQUIRE(f.detection_error(R"(,"segmentation":{"size":[5,20],"counts":[100]})") ==
          "dt.json: /0/segmentation: a mask of 20 x 5 pixels; image 7 has 10 x 10");
  REQUIRE(f.truth_error(R"("width":10,)", "") ==
          "gt.json: /annotations/0/segmentation: a polygon on image 7, whose width and height are not given");
  REQUIRE(f.truth_error(R"("segmentation":[[0,0,4,0,4,5,0,5]])", R"("x":0)") ==
          "gt.json: /annotations/0: no 'segmentation'; masks were asked for");
}

TEST_CASE("masks cost nothing unless asked for") {
  const MaskFiles f;
  write_file_atomically(f.folder.path() / "gt.json", kMaskTruth);
  const auto truth = read_coco_truth(f.folder.path() / "gt.json").truth;
  REQUIRE(truth.masks.empty());
  REQUIRE_THROWS_WITH(match(truth, {"none", {}}, with_masks()), "the truth has 0 masks for 1 objects");
}

TEST_CASE("area and bbox come from the mask where the file has none") {
  const MaskFiles f;
  auto text = kMaskTruth;
  text.replace(text.find(R"("bbox":[0,0,4,5],"area":18,)"), 27, "");
  const auto truth = f.truth(text);
  REQUIRE(truth.truth.objects[0].area == 20);
  REQUIRE(truth.truth.objects[0].w == 4);
  REQUIRE(truth.warnings.size() == 1);
}

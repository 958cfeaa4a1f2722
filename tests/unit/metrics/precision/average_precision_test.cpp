#include "ds/metrics/average_precision.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/cocofile/coco_file.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

const std::string kCases = "cases/evaluation";

/// The largest distance between the numbers of a case and ours; names what differs.
void require_numbers(const nlohmann::json& expected, const CocoNumbers& actual, const std::string& where) {
  for (int n = 0; n < kCocoNumberCount; ++n) {
    const auto& name = coco_number_names()[n];
    if (!expected.contains(name)) continue;  // per class the reference gives nine of the twelve
    INFO(where << " " << name << ": expected " << expected[name] << ", found " << actual.values[n]);
    REQUIRE(std::abs(expected[name].get<double>() - actual.values[n]) < 1e-9);
  }
}

void require_classes(const nlohmann::json& expected, const TruthTable& truth,
                     const AveragePrecision& actual) {
  REQUIRE(expected.size() == truth.classes.size());
  for (const auto& one : expected) {
    std::size_t c = 0;
    while (truth.classes.at(c).id != one["category_id"]) ++c;
    require_numbers(one, actual.classes[c].numbers, "class " + one["category_id"].dump());
    if (!one.contains("precision50")) continue;
    for (int r = 0; r < kRecallCount; ++r)
      REQUIRE(std::abs(one["precision50"][r].get<double>() - actual.classes[c].precision50[r]) < 1e-9);
  }
}

void run_case(const std::string& name, bool compat, const std::string& suffix = {},
              OverlapOf overlap = OverlapOf::boxes) {
  if (testing::shared_is_absent(kCases + "/" + name)) return;
  const auto folder = testing::shared_folder() / kCases / name;
  const auto expected = nlohmann::json::parse(read_file(folder / "expected.json"));
  const CocoReadOptions reading{
      .compat_coco = compat, .with_masks = overlap == OverlapOf::masks, .threads = 2};
  const auto truth = read_coco_truth(folder / "gt.json", reading).truth;
  const auto detections = read_coco_detections(folder / "dt.json", truth, reading).table;
  for (const int threads : {1, 3})
    require_numbers(
        expected.at("stats" + suffix),
        average_precision(match(truth, detections, {{1, 10, 100}, compat, overlap, threads})).numbers, name);
  const auto actual = average_precision(match(truth, detections, {{1, 10, 100}, compat, overlap}));
  if (overlap == OverlapOf::masks) return;  // the reference says nothing per class there
  require_classes(expected.at("per_class" + suffix), truth, actual);
}

}  // namespace

TEST_CASE("COCO: crowd regions") {
  run_case("crowd", false);
}
TEST_CASE("COCO: classes without truth and without detections") {
  run_case("class_without_gt", false);
}
TEST_CASE("COCO: overlaps on the thresholds") {
  run_case("iou_on_thresholds", false);
}
TEST_CASE("COCO: no detections") {
  run_case("no_detections", false);
}
TEST_CASE("COCO: more than 100 detections") {
  run_case("over_100_dets", false);
}
TEST_CASE("COCO: equal scores") {
  run_case("score_ties", false);
}
TEST_CASE("COCO: sparse ids in no order") {
  run_case("unordered_sparse_ids", false);
}
TEST_CASE("COCO: 100 images of val2014") {
  run_case("coco_val2014_fakebbox100", false);
}
TEST_CASE("COCO: 100 images of val2014, compat") {
  run_case("coco_val2014_fakebbox100", true);
}
TEST_CASE("COCO: masks of 100 images of val2014") {
  run_case("coco_val2014_fakesegm100", false, {}, OverlapOf::masks);
}
TEST_CASE("COCO: masks of 100 images of val2014, compat") {
  run_case("coco_val2014_fakesegm100", true, {}, OverlapOf::masks);
}
TEST_CASE("COCO: annotation id 0 matches like any other") {
  run_case("annotation_id_zero", false, "_if_ids_shifted");
}
TEST_CASE("COCO: annotation id 0 as pycocotools has it") {
  run_case("annotation_id_zero", true);
}

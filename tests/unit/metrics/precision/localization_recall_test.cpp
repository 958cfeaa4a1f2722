#include "ds/metrics/localization_recall.h"

#include <nlohmann/json.hpp>

#include "ds/base/files.h"
#include "ds/cocofile/coco_file.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

void require_same(const nlohmann::json& expected, const std::optional<double>& found) {
  // The reference writes -1 for a class without objects and null for what has no value.
  const bool absent = expected.is_null() || expected.get<double>() < 0;
  REQUIRE(found.has_value() == !absent);
  if (found) REQUIRE(*found == Approx(expected.get<double>()).margin(1e-9));
}

void compare_case(const std::string& name) {
  if (testing::shared_is_absent("cases/evaluation/" + name)) return;
  const auto folder = testing::shared_folder() / "cases/evaluation" / name;
  const auto expected = nlohmann::json::parse(read_file(folder / "expected.json"))["lrp"];
  const auto truth = read_coco_truth(folder / "gt.json").truth;
  const auto detections = read_coco_detections(folder / "dt.json", truth).table;
  const auto found = localization_recall(truth, detections, match(truth, detections));
  for (const auto& one : expected["per_class"]) {
    std::size_t c = 0;
    while (truth.classes.at(c).id != one["category_id"]) ++c;
    INFO(name << " class " << one["category_id"]);
    require_same(one["oLRP"], found.classes[c].error);
    require_same(one["loc"], found.classes[c].localization);
    require_same(one["fp"], found.classes[c].false_positives);
    require_same(one["fn"], found.classes[c].false_negatives);
    require_same(one["threshold"], found.classes[c].threshold);
  }
  INFO(name << " mean");
  require_same(expected["moLRP"], found.mean.error);
  require_same(expected["moLRP_loc"], found.mean.localization);
  require_same(expected["moLRP_fp"], found.mean.false_positives);
  require_same(expected["moLRP_fn"], found.mean.false_negatives);
}

}  // namespace

TEST_CASE("oLRP: the reference's figures on 100 images of val2014") {
  compare_case("coco_val2014_fakebbox100");
}
TEST_CASE("oLRP: the reference's figures on sparse ids") {
  compare_case("unordered_sparse_ids");
}
TEST_CASE("oLRP: the reference's figures on a class without objects") {
  compare_case("class_without_gt");
}
TEST_CASE("oLRP: the reference's figures on crowd regions") {
  compare_case("crowd");
}
TEST_CASE("oLRP: the reference's figures on overlaps that lie on thresholds") {
  compare_case("iou_on_thresholds");
}
TEST_CASE("oLRP: a threshold takes all detections of one score") {
  // The reference cuts between equal scores, which no threshold can. One object, a hit with IoU 1 and a wrong
  // one, both .5: (0 + 1 + 0) / 2.
  TruthTable truth{{{1, "a.jpg", {}}}, {{1, "car"}}, {{.w = 10, .h = 10, .area = 100}}};
  DetectionTable table{"m", {{0, 0, 10, 10, .5, 0, 0}, {50, 0, 10, 10, .5, 0, 0}}};
  const auto found = localization_recall(truth, table, match(truth, table));
  REQUIRE(*found.mean.error == Approx(.5));
  REQUIRE(*found.mean.false_positives == Approx(.5));
}
TEST_CASE("oLRP: the reference's figures with more than 100 detections") {
  compare_case("over_100_dets");
}

TEST_CASE("oLRP: nothing detected is the worst") {
  TruthTable truth{{{1, "a.jpg", {}}}, {{1, "car"}, {2, "bus"}}, {{.w = 10, .h = 10, .area = 100}}};
  DetectionTable none{"m", {}};
  const auto found = localization_recall(truth, none, match(truth, none));
  REQUIRE(found.mean.error == 1.0);
  REQUIRE(found.mean.false_negatives == 1.0);
  REQUIRE_FALSE(found.mean.localization);
  REQUIRE_FALSE(found.classes[1].error);
}

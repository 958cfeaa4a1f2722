#include "ds/metrics/error_types.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "ds/base/files.h"
#include "ds/cocofile/coco_file.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// TIDE's own figures. It counts classes with detections and no objects as 0, ds leaves them out of the
/// mean; its recall thresholds are i/100 where COCO's are i*0.01, which moves single points of a curve
/// (0.05 of 100 here).
void compare_with_tide(const std::string& name) {
  if (testing::shared_is_absent("cases/evaluation/" + name)) return;
  const auto folder = testing::shared_folder() / "cases/evaluation" / name;
  const auto expected = nlohmann::json::parse(read_file(folder / "expected.json"))["tide"];
  const auto truth = read_coco_truth(folder / "gt.json").truth;
  const auto detections = read_coco_detections(folder / "dt.json", truth).table;
  const auto found = error_types(truth, detections);
  std::set<int> with_objects, with_anything;
  for (const auto& object : truth.objects) {
    if (!object.crowd) with_objects.insert(object.class_idx);
    with_anything.insert(object.class_idx);
  }
  for (const auto& box : detections.boxes) with_anything.insert(box.class_idx);
  const double scale =
      100.0 * static_cast<double>(with_objects.size()) / static_cast<double>(with_anything.size());
  REQUIRE(found.ap50 * scale == Approx(expected["AP50"].get<double>()).margin(0.05));
  static constexpr const char* kNames[] = {"Cls", "Loc", "Both", "Dupe", "Bkg", "Miss"};
  for (std::size_t t = 0; t < kErrorTypeCount; ++t) {
    INFO(name << " " << kNames[t]);
    REQUIRE(found.counts[t] == expected["counts"][kNames[t]].get<std::int64_t>());
    // Mending may empty such a class, which then leaves TIDE's mean: its gains are no measure there.
    if (with_objects.size() == with_anything.size())
      REQUIRE(found.gain[t] * scale == Approx(expected["dAP_main"][kNames[t]].get<double>()).margin(0.05));
  }
  if (with_objects.size() != with_anything.size()) return;
  REQUIRE(found.gain_without_false_positives * scale ==
          Approx(expected["dAP_special"]["FalsePos"].get<double>()).margin(0.05));
  REQUIRE(found.gain_without_misses * scale ==
          Approx(expected["dAP_special"]["FalseNeg"].get<double>()).margin(0.05));
}

}  // namespace

TEST_CASE("error types: the reference's figures on 100 images of val2014") {
  compare_with_tide("coco_val2014_fakebbox100");
}
TEST_CASE("error types: the reference's figures on sparse ids") {
  compare_with_tide("unordered_sparse_ids");
}
TEST_CASE("error types: the reference's figures with more than 100 detections") {
  compare_with_tide("over_100_dets");
}

namespace {

TruthTable street(std::vector<TruthObject> objects) {
  TruthTable truth{{{1, "a.jpg", {}}, {2, "b.jpg", {}}}, {{1, "car"}, {2, "bus"}}, std::move(objects)};
  for (auto& object : truth.objects) object.area = object.w * object.h;
  return truth;
}

std::size_t at(ErrorType type) {
  return static_cast<std::size_t>(type);
}

}  // namespace

TEST_CASE("error types: each kind by hand") {
  // Two cars in a.jpg; boxes are 10 wide and 10 high.
  auto truth = street({{.x = 0, .y = 0, .w = 10, .h = 10, .image_idx = 0, .class_idx = 0},
                       {.x = 50, .y = 0, .w = 10, .h = 10, .image_idx = 0, .class_idx = 0}});
  auto run = [&](std::vector<DetectedBox> boxes) { return error_types(truth, {"m", std::move(boxes)}); };
  const DetectedBox first{0, 0, 10, 10, .9, 0, 0};

  SECTION("a second box on a found object") {
    auto found = run({first, {1, 0, 10, 10, .8, 0, 0}});
    REQUIRE(found.counts[at(ErrorType::duplicate)] == 1);
    REQUIRE(found.errors.front().object_idx == 0);
    REQUIRE(found.counts[at(ErrorType::missed)] == 1);
  }
  SECTION("the right class too far off") {
    // 4 of 10 columns shared: 40 / (200 - 40) = .25
    auto found = run({first, {56, 0, 10, 10, .8, 0, 0}});
    REQUIRE(found.counts[at(ErrorType::localization)] == 1);
    REQUIRE(found.counts[at(ErrorType::missed)] == 0);
    // Found 1 of 2 at precision 1: recall .5, 51 of 101 thresholds; mended: all.
    REQUIRE(found.ap50 == Approx(51.0 / 101));
    REQUIRE(found.gain[at(ErrorType::localization)] == Approx(50.0 / 101));
  }
  SECTION("the wrong class in the right place") {
    auto found = run({first, {50, 0, 10, 10, .8, 0, 1}});
    REQUIRE(found.counts[at(ErrorType::classification)] == 1);
    REQUIRE(found.gain[at(ErrorType::classification)] == Approx(50.0 / 101));
  }
  SECTION("the wrong class and too far off") {
    auto found = run({first, {56, 0, 10, 10, .8, 0, 1}});
    REQUIRE(found.counts[at(ErrorType::both)] == 1);
    REQUIRE(found.counts[at(ErrorType::missed)] == 1);
  }
  SECTION("on nothing") {
    auto found = run({first, {200, 0, 10, 10, .95, 1, 0}});
    REQUIRE(found.counts[at(ErrorType::background)] == 1);
    // The wrong one comes first: precision 1/2 up to recall .5; mended 1.
    REQUIRE(found.gain[at(ErrorType::background)] == Approx(.5 * 51 / 101));
    REQUIRE(found.gain_without_false_positives == Approx(.5 * 51 / 101));
    REQUIRE(found.gain_without_misses == Approx(.5 * 50 / 101));
  }
}

TEST_CASE("error types: crowds and ignored objects absorb") {
  auto truth = street({{.x = 0, .y = 0, .w = 10, .h = 10, .image_idx = 0, .class_idx = 0},
                       {.x = 40, .y = 0, .w = 100, .h = 10, .image_idx = 0, .class_idx = 0, .crowd = true},
                       {.x = 200, .y = 0, .w = 10, .h = 10, .image_idx = 0, .class_idx = 0, .ignore = true}});
  auto found = error_types(
      truth, {"m", {{50, 0, 10, 10, .9, 0, 0}, {60, 0, 10, 10, .8, 0, 0}, {200, 0, 10, 10, .7, 0, 0}}});
  REQUIRE(found.errors.size() == 1);
  REQUIRE(found.counts[at(ErrorType::missed)] == 1);
}

TEST_CASE("error types: a class that is all missed leaves the mean when its misses are mended") {
  auto truth = street({{.x = 0, .y = 0, .w = 10, .h = 10, .image_idx = 0, .class_idx = 0},
                       {.x = 50, .y = 0, .w = 10, .h = 10, .image_idx = 0, .class_idx = 1}});
  auto found = error_types(truth, {"m", {{0, 0, 10, 10, .9, 0, 0}}});
  REQUIRE(found.ap50 == Approx(.5));
  REQUIRE(found.gain[at(ErrorType::missed)] == Approx(.5));
}

TEST_CASE("error types: AP50 is that of the leaderboard") {
  for (const auto* name : {"crowd", "score_ties", "unordered_sparse_ids", "class_without_gt"}) {
    if (testing::shared_is_absent(std::string("cases/evaluation/") + name)) return;
    const auto folder = testing::shared_folder() / "cases/evaluation" / name;
    const auto expected = nlohmann::json::parse(read_file(folder / "expected.json"))["stats"]["AP50"];
    const auto truth = read_coco_truth(folder / "gt.json").truth;
    const auto detections = read_coco_detections(folder / "dt.json", truth).table;
    INFO(name);
    REQUIRE(error_types(truth, detections).ap50 == Approx(expected.get<double>()).margin(1e-9));
  }
}

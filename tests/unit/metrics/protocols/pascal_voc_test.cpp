#include "ds/metrics/pascal_voc.h"

#include <nlohmann/json.hpp>

#include "ds/base/random.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

TruthObject object_at(double x, std::int32_t class_idx = 0, std::int32_t image_idx = 0) {
  TruthObject o{x, 0, 9, 9, 81};
  o.class_idx = class_idx;
  o.image_idx = image_idx;
  return o;
}

/// Two cats at 0 and 20, a difficult one at 40; a class without objects.
TruthTable cats() {
  TruthTable truth{{{1, "a.jpg", {}}, {2, "b.jpg", {}}},
                   {{1, "cat"}, {2, "dog"}},
                   {object_at(0), object_at(20), object_at(40)}};
  truth.objects[2].ignore = true;
  return truth;
}

/// Found, found again, the difficult one, the second.
DetectionTable found() {
  return {"model",
          {{0, 0, 9, 9, .9, 0, 0}, {1, 0, 9, 9, .8, 0, 0}, {40, 0, 9, 9, .7, 0, 0}, {20, 0, 9, 9, .6, 0, 0}}};
}

}  // namespace

TEST_CASE("the devkit's extra pixel") {
  // Pixels 0-9 and 5-14: 5 of 10 columns shared, 50 / (100 + 100 - 50).
  REQUIRE(voc_iou({5, 0, 9, 9, 1}, object_at(0)) == Approx(1. / 3).epsilon(1e-12));
  // Neighbours share nothing, but boxes that touch share their border pixels: 10 / 190.
  REQUIRE(voc_iou({10, 0, 9, 9, 1}, object_at(0)) == 0);
  REQUIRE(voc_iou({9, 0, 9, 9, 1}, object_at(0)) == Approx(10. / 190).epsilon(1e-12));
}

TEST_CASE("VOC by hand") {
  // Two to find. Right (precision 1/1, recall 1/2), found again: wrong, difficult: left out, right (2/3, 1).
  const auto voc12 = pascal_voc(cats(), found(), VocYear::voc12);
  REQUIRE(voc12.protocol == "voc12");
  REQUIRE(voc12.classes[0].objects == 2);
  REQUIRE(*voc12.classes[0].ap == Approx(.5 * 1 + .5 * 2 / 3).epsilon(1e-12));
  REQUIRE_FALSE(voc12.classes[1].ap.has_value());
  REQUIRE(*voc12.numbers.at(0).value == *voc12.classes[0].ap);
  // Recall 0 to .5: six times 1; .6 to 1: five times 2/3.
  const auto voc07 = pascal_voc(cats(), found(), VocYear::voc07);
  REQUIRE(*voc07.classes[0].ap == Approx((6 + 5 * 2. / 3) / 11).epsilon(1e-12));
}

TEST_CASE("a detection's best object decides, even when another is free") {
  // The detection overlaps 0-9 by 8 columns and 3-12 by 9; both pass .50, the better one is taken already.
  auto truth = cats();
  truth.objects = {object_at(0), object_at(3)};
  const DetectionTable table{"model", {{3, 0, 9, 9, .9, 0, 0}, {2, 0, 9, 9, .8, 0, 0}}};
  // COCO's matching would give the second detection to the free object; here it is wrong: AP 1/2.
  REQUIRE(*pascal_voc(truth, table, VocYear::voc12).numbers[0].value == Approx(.5));
}

TEST_CASE("recall on a grid point") {
  // 3 of 10 found, all right: recall .3 lies below the fourth point, 3 * .1 = .30000000000000004,
  // as in the kit.
  auto truth = cats();
  truth.objects.clear();
  for (int i = 0; i < 10; ++i) truth.objects.push_back(object_at(20 * i));
  DetectionTable table{"model", {}};
  for (int i = 0; i < 3; ++i) table.boxes.push_back({20. * i, 0, 9, 9, .9, 0, 0});
  REQUIRE(*pascal_voc(truth, table, VocYear::voc07).numbers[0].value == Approx(3. / 11).epsilon(1e-12));
  // 7 of 10: the eighth point is 1 - 3 * .1 = .7, which 7/10 reaches.
  for (int i = 3; i < 7; ++i) table.boxes.push_back({20. * i, 0, 9, 9, .9, 0, 0});
  REQUIRE(*pascal_voc(truth, table, VocYear::voc07).numbers[0].value == Approx(8. / 11).epsilon(1e-12));
}

TEST_CASE("VOC: nothing to find, nothing detected, and the order of detections") {
  auto truth = cats();
  REQUIRE(*pascal_voc(truth, {"none", {}}, VocYear::voc12).numbers[0].value == 0);
  auto table = found();
  const auto before = to_json(pascal_voc(truth, table, VocYear::voc07)).dump();
  Random(3).shuffle(table.boxes);
  REQUIRE(to_json(pascal_voc(truth, table, VocYear::voc07)).dump() == before);
  truth.objects.clear();
  REQUIRE_FALSE(pascal_voc(truth, table, VocYear::voc12).numbers[0].value.has_value());
}

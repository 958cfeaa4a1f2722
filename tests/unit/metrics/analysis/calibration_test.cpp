#include "ds/metrics/calibration.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

// One class, objects 10 x 10 at x = 0, 100, 200, 300.
TruthTable row_of_objects() {
  TruthTable truth{{{1, "a.jpg", {}}}, {{1, "car"}, {2, "bus"}}, {}};
  for (int i = 0; i < 4; ++i)
    truth.objects.push_back({.x = 100.0 * i, .w = 10, .h = 10, .area = 100, .id = i + 1});
  return truth;
}

Calibration run(std::vector<DetectedBox> boxes, double threshold = 0) {
  const auto truth = row_of_objects();
  const DetectionTable table{"m", std::move(boxes)};
  return calibration(truth, table, match(truth, table), threshold, 10);
}

}  // namespace

TEST_CASE("calibration: a perfect score of 1 for a perfect box") {
  const auto found = run({{0, 0, 10, 10, 1, 0, 0}, {100, 0, 10, 10, 1, 0, 0}});
  REQUIRE(*found.d_ece == Approx(0));
  REQUIRE(*found.la_ece == Approx(0));
  REQUIRE(found.bins.back().detections == 2);
  REQUIRE(*found.bins.back().mean_iou == Approx(1));
}

TEST_CASE("calibration: two bins by hand") {
  // Bin .8 to .9: a hit with IoU 2/3 (8 of 12 columns shared), score .85. Bin .2 to .3: one hit with IoU 1
  // and one wrong, both .25.
  const auto found =
      run({{2, 0, 10, 10, .85, 0, 0}, {100, 0, 10, 10, .25, 0, 0}, {900, 0, 10, 10, .25, 0, 0}});
  // (|.85 - 1| + |.5 - 1|) / 3
  REQUIRE(*found.d_ece == Approx((.15 + .5) / 3));
  // (|.85 - 2/3| + |.5 - 1|) / 3
  REQUIRE(*found.la_ece == Approx((.85 - 2.0 / 3 + .5) / 3));
  REQUIRE(found.bins[2].detections == 2);
  REQUIRE(found.bins[2].precision == Approx(.5));
  REQUIRE(found.bins[8].mean_score == Approx(.85));
}

TEST_CASE("calibration: below the threshold nothing counts") {
  const auto found = run({{0, 0, 10, 10, .9, 0, 0}, {900, 0, 10, 10, .1, 0, 0}}, .5);
  REQUIRE(*found.d_ece == Approx(.1));
}

TEST_CASE("calibration: no detections, no number") {
  const auto found = run({});
  REQUIRE_FALSE(found.d_ece);
  REQUIRE_FALSE(found.la_ece);
  REQUIRE(found.bins.size() == 10);
}

TEST_CASE("calibration: the location-aware error is a mean over classes") {
  // car: score .8, IoU 1: .2; bus: score .6, wrong: .6
  const auto found = run({{0, 0, 10, 10, .8, 0, 0}, {900, 0, 10, 10, .6, 0, 1}});
  REQUIRE(*found.la_ece == Approx((.2 + .6) / 2));
  REQUIRE(*found.d_ece == Approx((.2 + .6) / 2));
}

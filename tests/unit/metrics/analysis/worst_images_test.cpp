#include "ds/metrics/worst_images.h"

#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

TruthObject object(double x, int class_idx, int image_idx) {
  TruthObject o{x, 0, 40, 40, 1600};
  o.class_idx = class_idx;
  o.image_idx = image_idx;
  return o;
}

/// Picture a: a cat found, a dog missed, two false cats. Picture b: one false dog. Picture c: a crowd, and a
/// detection on it. Picture d: a cat found, a cat missed, a false cat, and one below the threshold.
struct Four {
  TruthTable truth{{{7, "a", {}}, {5, "b", {}}, {3, "c", {}}, {1, "d", {}}}, {{1, "cat"}, {2, "dog"}}, {}};
  DetectionTable found{"m", {}};
  Four() {
    truth.objects = {object(0, 0, 0), object(100, 1, 0), object(0, 0, 2), object(0, 0, 3), object(100, 0, 3)};
    truth.objects[2].crowd = true;
    found.boxes = {{200, 0, 40, 40, 0.6, 0, 0}, {0, 0, 40, 40, 0.9, 0, 0},  {300, 0, 40, 40, 0.8, 0, 0},
                   {0, 0, 40, 40, 0.7, 1, 1},   {0, 0, 20, 20, 0.9, 2, 0},  {0, 0, 40, 40, 0.9, 3, 0},
                   {300, 0, 40, 40, 0.5, 3, 0}, {400, 0, 40, 40, 0.4, 3, 0}};
  }
};

}  // namespace

TEST_CASE("what a model did on each image") {
  const Four f;
  const auto outcomes = image_outcomes(f.truth, f.found, match(f.truth, f.found), 0.5);
  REQUIRE(outcomes.size() == 4);
  REQUIRE(outcomes[0].counts == DetectionCounts{1, 2, 1});
  REQUIRE(outcomes[0].hits[0].object_idx == 0);
  REQUIRE(outcomes[0].hits[0].detection_idx == 1);
  REQUIRE(outcomes[0].false_positives == std::vector<std::int32_t>{2, 0});
  REQUIRE(outcomes[0].missed == std::vector<std::int32_t>{1});
  REQUIRE(outcomes[1].counts == DetectionCounts{0, 1, 0});
  REQUIRE(outcomes[2].counts == DetectionCounts{0, 0, 0});  // the crowd takes its detection
  REQUIRE(outcomes[3].counts == DetectionCounts{1, 1, 1});
}

TEST_CASE("worst first: errors, then fewer hits, then the smaller id; pictures without errors are left out") {
  const Four f;
  const auto outcomes = image_outcomes(f.truth, f.found, match(f.truth, f.found), 0.5);
  REQUIRE(worst_first(outcomes, f.truth) == std::vector<std::size_t>{0, 3, 1});
  // Without the lone cat's detections pictures a and d have two errors each, a one hit more.
  auto fewer = outcomes;
  fewer[0].counts = {2, 1, 1};
  REQUIRE(worst_first(fewer, f.truth) == std::vector<std::size_t>{3, 0, 1});
  fewer[0].counts = {1, 1, 1};
  REQUIRE(worst_first(fewer, f.truth) == std::vector<std::size_t>{3, 0, 1});  // ids 1 and 7
}

TEST_CASE("the counts of the images add up to the operating point's") {
  const auto made = testing::synthetic_truth();
  const auto matching = match(made.truth, made.detections);
  const auto point = operating_point(matching, 0.4);
  DetectionCounts sum;
  for (const auto& outcome : image_outcomes(made.truth, made.detections, matching, 0.4)) {
    sum.tp += outcome.counts.tp;
    sum.fp += outcome.counts.fp;
    sum.fn += outcome.counts.fn;
  }
  REQUIRE(sum.tp > 0);
  REQUIRE(sum == point.all);
}

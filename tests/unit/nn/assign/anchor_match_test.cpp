#include "assign/anchor_match.h"

#include "ds/base/random.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::detail;

namespace {

/// Squares of side 10 side by side: 0-10, 10-20, 20-30 ...
std::vector<CornerBox> row_of(int count) {
  std::vector<CornerBox> anchors;
  for (int i = 0; i < count; ++i)
    anchors.push_back({static_cast<float>(10 * i), 0, static_cast<float>(10 * i + 10), 10});
  return anchors;
}

}  // namespace

TEST_CASE("an anchor learns the object it overlaps most, background below the threshold") {
  BoxTargets targets;
  targets.boxes = {{2, 0, 12, 10}, {11, 0, 21, 10}};
  targets.classes = {0, 1};
  // Anchor 0 has 8x10 of object 0: 80/120 = .67. Anchor 1 has 20/180 = .11 of object 0 and 90/110 = .82 of
  // object 1. Anchor 2 has 10/190 = .05 of object 1.
  REQUIRE(match_anchors(row_of(4), targets, {0.5F, 0.5F, BestAnchor::none}) ==
          std::vector<int>{0, 1, kBackground, kBackground});
  REQUIRE(match_anchors(row_of(4), targets, {0.7F, 0.3F, BestAnchor::none}) ==
          std::vector<int>{kUndecided, 1, kBackground, kBackground});
}

TEST_CASE("an object that nothing overlaps enough gets its best anchor, or all of the best") {
  BoxTargets targets;
  targets.boxes = {{15, 0, 25, 10}};  // 50/150 = .33 with anchors 1 and 2
  targets.classes = {0};
  auto anchors = row_of(4);
  REQUIRE(match_anchors(anchors, targets, {0.5F, 0.5F, BestAnchor::none}) ==
          std::vector<int>(4, kBackground));
  REQUIRE(match_anchors(anchors, targets, {0.5F, 0.5F, BestAnchor::one}) ==
          std::vector<int>{kBackground, 0, kBackground, kBackground});
  REQUIRE(match_anchors(anchors, targets, {0.7F, 0.3F, BestAnchor::all_ties}) ==
          std::vector<int>{kBackground, 0, 0, kBackground});
}

TEST_CASE("two objects with one best anchor: SSD gives it to the later, RPN to the better one") {
  BoxTargets targets;
  targets.boxes = {{2, 0, 10, 10}, {4, 0, 10, 10}};  // .8 and .6 of anchor 0
  targets.classes = {0, 1};
  REQUIRE(match_anchors(row_of(1), targets, {0.9F, 0.9F, BestAnchor::one}) == std::vector<int>{1});
  REQUIRE(match_anchors(row_of(1), targets, {0.9F, 0.9F, BestAnchor::all_ties}) == std::vector<int>{0});
}

TEST_CASE("objects outside every anchor match nothing; no objects are all background") {
  BoxTargets far;
  far.boxes = {{500, 500, 510, 510}};
  far.classes = {0};
  for (auto best : {BestAnchor::none, BestAnchor::one, BestAnchor::all_ties}) {
    REQUIRE(match_anchors(row_of(3), far, {0.5F, 0.5F, best}) == std::vector<int>(3, kBackground));
    REQUIRE(match_anchors(row_of(3), {}, {0.5F, 0.5F, best}) == std::vector<int>(3, kBackground));
  }
}

TEST_CASE("background inside an ignore region is undecided, an object there is not") {
  BoxTargets targets;
  targets.boxes = {{0, 0, 10, 10}};
  targets.classes = {0};
  targets.ignored = {{0, 0, 26, 10}};  // the centres of anchors 0, 1 and 2
  REQUIRE(match_anchors(row_of(4), targets, {0.5F, 0.5F, BestAnchor::none}) ==
          std::vector<int>{0, kUndecided, kUndecided, kBackground});
}

TEST_CASE("targets keep proper boxes, their classes and the regions to ignore") {
  auto targets = box_targets_of({{{{0, 0, 4, 4}, 1}, {{5, 5, 5, 9}, 0}, {{1, 1, 2, 2}, 0, true}}}, 2);
  REQUIRE(targets.boxes.size() == 1);
  REQUIRE(targets.classes == std::vector<int>{1});
  REQUIRE(targets.ignored.size() == 1);
  REQUIRE_THROWS_WITH(box_targets_of({{{{0, 0, 4, 4}, 2}}}, 2),
                      "target of class index 2 in a network of 2 classes");
}

TEST_CASE("a sample holds at most its share of positives and is the same for the same generator") {
  std::vector<int> matches(1000, kBackground);
  for (std::size_t i = 0; i < 100; ++i) matches[i * 10] = 3;
  matches[1] = kUndecided;
  auto draw = [&](const SampleOptions& options, std::uint64_t seed = 1) {
    Random random(seed);
    return sample_anchors(matches, options, random);
  };
  auto sample = draw({64, 64, 0.5});
  REQUIRE(sample.positives.size() == 32);
  REQUIRE(sample.negatives.size() == 32);
  REQUIRE(std::is_sorted(sample.positives.begin(), sample.positives.end()));
  for (int a : sample.positives) REQUIRE(matches[static_cast<std::size_t>(a)] == 3);
  for (int a : sample.negatives) REQUIRE(matches[static_cast<std::size_t>(a)] == kBackground);
  REQUIRE(draw({64, 64, 0.5}).positives == sample.positives);
  REQUIRE(draw({64, 64, 0.5}).negatives == sample.negatives);
  REQUIRE(draw({64, 64, 0.5}, 2).positives != sample.positives);
}

TEST_CASE("few positives draw few negatives down to the least, or fill the sample up") {
  std::vector<int> matches(500, kBackground);
  for (std::size_t i = 0; i < 20; ++i) matches[i] = 0;
  Random random(1);
  auto balanced = sample_anchors(matches, {128, 32, 0.25}, random);
  REQUIRE(balanced.positives.size() == 20);
  REQUIRE(balanced.negatives.size() == 60);  // 20 / .25 = 80 in all
  auto filled = sample_anchors(matches, {128, 128, 0.25}, random);
  REQUIRE(filled.positives.size() == 20);
  REQUIRE(filled.negatives.size() == 108);
  std::fill(matches.begin(), matches.begin() + 20, kBackground);
  REQUIRE(sample_anchors(matches, {128, 32, 0.25}, random).negatives.size() == 32);
}

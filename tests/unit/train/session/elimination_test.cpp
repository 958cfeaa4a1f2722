#include "ds/train/elimination.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

namespace {

using Flags = std::vector<bool>;

// AP and cost of three candidates: the second is the best, the third is worse than the first and no faster.
const std::vector<ds::Standing> kThree = {{0.40, 1.0}, {0.50, 3.0}, {0.30, 1.0}};

}  // namespace

TEST_CASE("halving keeps the better half by accuracy, rounded up") {
  REQUIRE(ds::survivors(kThree, "halving") == Flags{true, true, false});
  REQUIRE(ds::survivors({{0.1, 1}, {0.4, 2}, {0.3, 3}, {0.2, 4}}, "halving") ==
          Flags{false, true, true, false});
  REQUIRE(ds::survivors({{0.1, 1}}, "halving") == Flags{true});
}

TEST_CASE("equal accuracy: the cheaper candidate, then the earlier one, goes on") {
  REQUIRE(ds::survivors({{0.4, 2}, {0.4, 1}}, "halving") == Flags{false, true});
  REQUIRE(ds::survivors({{0.4, 1}, {0.4, 1}}, "halving") == Flags{true, false});
}

TEST_CASE("a candidate is dominated by one that is more accurate and costs no more") {
  REQUIRE(ds::survivors(kThree, "dominated") == Flags{true, true, false});
  // Two points are noise, four are not.
  REQUIRE(ds::survivors({{0.40, 1}, {0.42, 1}}, "dominated") == Flags{true, true});
  REQUIRE(ds::survivors({{0.40, 1}, {0.44, 1}}, "dominated") == Flags{false, true});
  // The fastest stays, however inaccurate; an equal one is not more accurate.
  REQUIRE(ds::survivors({{0.01, 1}, {0.9, 2}}, "dominated") == Flags{true, true});
  REQUIRE(ds::survivors({{0.4, 1}, {0.4, 2}}, "dominated") == Flags{true, true});
}

TEST_CASE("without elimination all go on, and an unknown rule names the known ones") {
  REQUIRE(ds::survivors(kThree, "none") == Flags{true, true, true});
  REQUIRE_THROWS_AS(ds::survivors(kThree, "half"), ds::UsageError);
  REQUIRE_THROWS_WITH(ds::stage_count(3, "halvin"), Catch::Contains("halvin"));
}

TEST_CASE("stages double the epochs: three for three or four candidates") {
  REQUIRE(ds::stage_count(1, "halving") == 1);
  REQUIRE(ds::stage_count(2, "halving") == 2);
  REQUIRE(ds::stage_count(3, "halving") == 3);
  REQUIRE(ds::stage_count(4, "halving") == 3);
  REQUIRE(ds::stage_count(5, "halving") == 4);
  REQUIRE(ds::stage_count(4, "none") == 1);
  REQUIRE(ds::stage_end(0, 3) == 0.25);
  REQUIRE(ds::stage_end(1, 3) == 0.5);
  REQUIRE(ds::stage_end(2, 3) == 1);
}

TEST_CASE("a budget is shared equally by stages, and by the candidates of a stage") {
  // 120 s, 4 candidates, 3 stages of 40 s: 10 s each, then 20 s for each of 2, then 40 s for the last.
  auto first = ds::stage_budget(120, 4, 0, 3, "halving");
  REQUIRE(first.leg == Approx(10));
  REQUIRE(first.total == Approx(10 + 20 + 40));
  auto second = ds::stage_budget(80, 2, 1, 3, "halving");
  REQUIRE(second.leg == Approx(20));
  REQUIRE(second.total == Approx(60));
  // What is dominated is not known before: the plan assumes that all go on.
  auto cautious = ds::stage_budget(120, 4, 0, 3, "dominated");
  REQUIRE(cautious.leg == Approx(10));
  REQUIRE(cautious.total == Approx(30));
  REQUIRE(ds::stage_budget(120, 3, 0, 1, "none").total == Approx(40));
}

#include "ds/metrics/pairwise.h"

#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("two equal models and a clearly worse one: ranks 1 to 2, 1 to 2 and 3") {
  const auto best = testing::synthetic_truth({.images = 80, .jitter = .02, .missed = .05});
  const auto poor = testing::synthetic_truth({.images = 80, .jitter = .15, .missed = .5});
  const auto a = match(best.truth, best.detections), c = match(best.truth, poor.detections);
  const auto result = compare_pairwise(best.truth, {&c, &a, &a}, {.resamples = 200});
  REQUIRE(result.ranks == std::vector<RankRange>{{3, 3}, {1, 2}, {1, 2}});
  REQUIRE(result.pairs.size() == 3);
  REQUIRE(result.groups == 80);

  const auto& worse = *result.find(1, 0);  // in either order
  REQUIRE(worse.a == 0);
  REQUIRE(worse.b == 1);
  const double difference = average_precision(a).numbers.ap() - average_precision(c).numbers.ap();
  REQUIRE(worse.difference == difference);
  REQUIRE(worse.interval->low > 0);
  // None of the 200 exchanges (more than 2 * 3 pairs / .05 = 120) reached it: 1 / 201. Of the three
  // p-values 1/201, 1/201, 1 Holm makes 3/201, 3/201, 1.
  REQUIRE(worse.p_value == Approx(1.0 / 201));
  REQUIRE(worse.p_adjusted == Approx(3.0 / 201));
  REQUIRE_FALSE(result.tied(0, 1));

  const auto& same = *result.find(1, 2);
  REQUIRE(same.difference == 0);
  REQUIRE(same.p_adjusted == 1);
  REQUIRE(*same.smallest_difference == 0);
  REQUIRE(result.tied(2, 1));
  // Half widths: h, h and 0; the median is h.
  REQUIRE(*result.smallest_difference == Approx((worse.interval->high - worse.interval->low) / 2));
}

TEST_CASE("many pairs are given enough permutations to be proven") {
  const auto best = testing::synthetic_truth({.images = 60, .jitter = .02, .missed = .05});
  const auto poor = testing::synthetic_truth({.images = 60, .jitter = .2, .missed = .6});
  const auto a = match(best.truth, best.detections), c = match(best.truth, poor.detections);
  // 6 pairs: with 20 permutations the smallest adjusted value would be 6 / 21; 2 * 6 / .05 = 240 are made.
  const auto result = compare_pairwise(best.truth, {&a, &c, &c, &c}, {.resamples = 20});
  REQUIRE(result.find(0, 1)->p_value == Approx(1.0 / 241));
  REQUIRE(result.ranks[0] == RankRange{1, 1});
}

TEST_CASE("one model has no pairs") {
  const auto made = testing::synthetic_truth();
  const auto a = match(made.truth, made.detections);
  const auto result = compare_pairwise(made.truth, {&a}, {.resamples = 20});
  REQUIRE(result.pairs.empty());
  REQUIRE(result.find(0, 0) == nullptr);
  REQUIRE(result.ranks == std::vector<RankRange>{{1, 1}});
  REQUIRE_FALSE(result.smallest_difference.has_value());
}

TEST_CASE("the pairs are the same at any thread count") {
  const auto one = testing::synthetic_truth({.images = 30}),
             two = testing::synthetic_truth({.images = 30, .model_seed = 9});
  const auto a = match(one.truth, one.detections), b = match(one.truth, two.detections);
  const auto x = compare_pairwise(one.truth, {&a, &b}, {.resamples = 60, .threads = 1});
  const auto y = compare_pairwise(one.truth, {&a, &b}, {.resamples = 60, .threads = 3});
  REQUIRE(x.pairs[0].p_value == y.pairs[0].p_value);
  REQUIRE(x.pairs[0].interval == y.pairs[0].interval);
}

#include "ds/metrics/significance.h"

#include "ds/metrics/bootstrap.h"
#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("Holm's adjustment by hand") {
  // Sorted .01 .02 .03 .04: 4*.01 = .04, 3*.02 = .06, then 2*.03 = .06 and 1*.04, which may
  // not fall below .06.
  const auto adjusted = holm_adjusted({.03, .01, .04, .02});
  REQUIRE(adjusted[1] == Approx(.04));
  REQUIRE(adjusted[3] == Approx(.06));
  REQUIRE(adjusted[0] == Approx(.06));
  REQUIRE(adjusted[2] == Approx(.06));
  REQUIRE(holm_adjusted({.9, .8}) == std::vector<double>{1, 1});
  REQUIRE(holm_adjusted({}).empty());
}

TEST_CASE("exchanging a model with itself changes nothing") {
  const auto made = testing::synthetic_truth();
  const auto m = match(made.truth, made.detections);
  REQUIRE(randomization_p_value(made.truth, m, m, {.permutations = 50}) == 1);
}

TEST_CASE("a clearly worse model has a small p-value, at any thread count the same") {
  const auto good = testing::synthetic_truth({.jitter = .03});
  const auto bad = testing::synthetic_truth({.jitter = .2, .missed = .5});
  const auto a = match(good.truth, good.detections), b = match(good.truth, bad.detections);
  const double p = randomization_p_value(good.truth, a, b, {.permutations = 199, .threads = 1});
  REQUIRE(p == 1.0 / 200);  // no exchange of 199 reached it
  REQUIRE(randomization_p_value(good.truth, a, b, {.permutations = 199, .threads = 3}) == p);
}

TEST_CASE("one group cannot tell anything") {
  auto good = testing::synthetic_truth({.jitter = .03});
  const auto bad = testing::synthetic_truth({.jitter = .2, .missed = .5});
  for (auto& image : good.truth.images) image.group = "one video";
  const auto a = match(good.truth, good.detections), b = match(good.truth, bad.detections);
  REQUIRE(randomization_p_value(good.truth, a, b, {.permutations = 20}) == 1);
}

TEST_CASE("two models of one law are called different in about 5 % of trials") {
  // 200 trials: 10 are expected; a binomial(200, .05) exceeds 22 in fewer than 1 of 4,000 cases, and is below
  // 2 in fewer than 1 of 2,000.
  int randomization = 0, bootstrap = 0;
  constexpr int kTrials = 200;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    const testing::SyntheticSetup law{
        .images = 60, .classes = 1, .seed = 5000 + trial, .model_seed = 100 + trial};
    auto other = law;
    other.model_seed = 70000 + trial;
    const auto first = testing::synthetic_truth(law), second = testing::synthetic_truth(other);
    const auto a = match(first.truth, first.detections), b = match(first.truth, second.detections);
    randomization += randomization_p_value(first.truth, a, b, {.permutations = 199, .seed = trial}) <= .05;
    const auto paired = paired_bootstrap(first.truth, {&a, &b}, {.resamples = 200, .seed = trial});
    const auto interval = *paired.of_difference(0, 1, 0);
    bootstrap += interval.low > 0 || interval.high < 0;
  }
  INFO("randomisation " << randomization << ", bootstrap " << bootstrap << " of " << kTrials);
  CHECK(randomization >= 2);
  CHECK(randomization <= 22);
  CHECK(bootstrap >= 2);
  CHECK(bootstrap <= 22);
}

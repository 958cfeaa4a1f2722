#include "ds/metrics/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "statistics/resampled_precision.h"
#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// The image repeated as often as its weight says, as a dataset of its own.
testing::SyntheticTruth repeated(const testing::SyntheticTruth& from,
                                 const std::vector<std::int32_t>& weights) {
  testing::SyntheticTruth made;
  made.truth.classes = from.truth.classes;
  for (std::size_t i = 0; i < weights.size(); ++i)
    for (int k = 0; k < weights[i]; ++k) {
      const auto idx = static_cast<std::int32_t>(made.truth.images.size());
      made.truth.images.push_back({idx + 1, "copy", {}});
      for (auto o : from.truth.objects)
        if (o.image_idx == static_cast<std::int32_t>(i)) {
          o.image_idx = idx;
          made.truth.objects.push_back(o);
        }
      for (auto d : from.detections.boxes)
        if (d.image_idx == static_cast<std::int32_t>(i)) {
          d.image_idx = idx;
          made.detections.boxes.push_back(d);
        }
    }
  return made;
}

}  // namespace

TEST_CASE("a weighted image counts like that many copies of it") {
  const auto made = testing::synthetic_truth({.images = 12});
  const std::vector<std::int32_t> weights{0, 1, 2, 0, 3, 1, 1, 0, 2, 1, 1, 0};
  const auto copies = repeated(made, weights);
  const auto expected = average_precision(match(copies.truth, copies.detections)).numbers.values;
  const auto matching = match(made.truth, made.detections);
  const auto actual = average_precision(matching, weights).numbers.values;
  const auto quick = detail::ResampledPrecision(matching).numbers(weights);
  REQUIRE(std::abs(detail::ResampledPrecision(matching, false).ap(weights) - quick[0]) < 1e-12);
  for (int n = 0; n < kCocoNumberCount; ++n) {
    INFO(coco_number_names()[n]);
    REQUIRE(std::abs(expected[n] - actual[n]) < 1e-12);
    if (n < kBootstrapNumberCount) REQUIRE(std::abs(expected[n] - quick[n]) < 1e-12);
  }
}

TEST_CASE("the same at any thread count") {
  const auto made = testing::synthetic_truth();
  const auto m = match(made.truth, made.detections);
  const auto one = paired_bootstrap(made.truth, {&m}, {.resamples = 100, .seed = 7, .threads = 1});
  const auto four = paired_bootstrap(made.truth, {&m}, {.resamples = 100, .seed = 7, .threads = 4});
  const auto other = paired_bootstrap(made.truth, {&m}, {.resamples = 100, .seed = 8, .threads = 1});
  REQUIRE(*one.of(0, 0) == *four.of(0, 0));
  REQUIRE_FALSE(*one.of(0, 0) == *other.of(0, 0));
}

TEST_CASE("the interval holds the value and a model does not differ from itself") {
  const auto made = testing::synthetic_truth();
  const auto m = match(made.truth, made.detections);
  const auto b = paired_bootstrap(made.truth, {&m, &m}, {.resamples = 200});
  const double ap = average_precision(m).numbers.ap();
  REQUIRE(b.of(0, 0)->low < ap);
  REQUIRE(b.of(0, 0)->high > ap);
  REQUIRE(*b.of_difference(0, 1, 0) == Interval{0, 0});
}

TEST_CASE("images of one group are drawn together") {
  auto made = testing::synthetic_truth();
  for (auto& image : made.truth.images) image.group = "one video";
  const auto m = match(made.truth, made.detections);
  const auto b = paired_bootstrap(made.truth, {&m}, {.resamples = 50});
  REQUIRE(b.groups() == 1);
  const double ap = average_precision(m).numbers.ap();
  REQUIRE(*b.of(0, 0) == Interval{ap, ap});
}

TEST_CASE("a worse model is shown to be worse") {
  const auto good = testing::synthetic_truth({.jitter = 0.03});
  const auto bad = testing::synthetic_truth({.jitter = 0.2, .missed = 0.5});
  const auto a = match(good.truth, good.detections);
  const auto b = match(good.truth, bad.detections);
  const auto bootstrap = paired_bootstrap(good.truth, {&a, &b}, {.resamples = 200});
  REQUIRE(bootstrap.of_difference(0, 1, 0)->high < 0);
}

TEST_CASE("percentiles interpolate") {
  // position .25 * 4 = 1 -> 2;  .5 * 4 = 2 -> 4;  .6 * 4 = 2.4 -> 4 + .4 * (8 - 4)
  const std::vector<double> sorted{1, 2, 4, 8, 16};
  REQUIRE(percentile(sorted, 0.25) == 2);
  REQUIRE(percentile(sorted, 0.5) == 4);
  REQUIRE(std::abs(percentile(sorted, 0.6) - 5.6) < 1e-12);
  REQUIRE(percentile(sorted, 1) == 16);
}

namespace {

/// Scores that say, with some noise, how well a box lies, so that precision falls along the
/// curve. Where it does not, the AP of a small sample is larger than its law's, for the curve
/// is made falling (docs/METRICS.md).
void score_by_place(testing::SyntheticTruth& made, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::vector<const TruthObject*>> of_image(made.truth.images.size());
  for (const auto& o : made.truth.objects) of_image[static_cast<std::size_t>(o.image_idx)].push_back(&o);
  for (auto& d : made.detections.boxes) {
    double best = 0;
    for (const auto* o : of_image[static_cast<std::size_t>(d.image_idx)])
      best = std::max(best, coco_iou(d, *o));
    d.score = 1 / (1 + std::exp(-4 * (best - .5) - random.normal(0, .3)));
  }
}

}  // namespace

TEST_CASE("95 % intervals cover the AP of the law they were drawn from") {
  // The law's AP by a sample of 40,000 images, far more than a trial's. Of 200 trials 190 are
  // expected to cover it; a binomial(200, .95) is below 180 in fewer than 1 of 800 cases, and 200 in
  // fewer than 1 of 20,000.
  testing::SyntheticSetup law{.images = 40000, .classes = 1, .seed = 1, .model_seed = 2};
  auto whole = testing::synthetic_truth(law);
  score_by_place(whole, 3);
  const double ap = average_precision(match(whole.truth, whole.detections)).numbers.ap();
  law.images = 300;
  constexpr int kTrials = 200;
  int covered = 0, below = 0;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    law.seed = 1000 + trial;
    law.model_seed = 9000 + trial;
    auto made = testing::synthetic_truth(law);
    score_by_place(made, 20000 + trial);
    const auto m = match(made.truth, made.detections);
    const auto i = *paired_bootstrap(made.truth, {&m}, {.resamples = 200, .seed = trial}).of(0, 0);
    covered += i.low <= ap && ap <= i.high;
    below += ap < i.low;
  }
  INFO("AP " << ap << " covered " << covered << " of " << kTrials << ", below the interval " << below);
  CHECK(covered >= 180);
  CHECK(covered < 200);
}

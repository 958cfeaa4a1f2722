#include "ds/metrics/significance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ds/base/error.h"
#include "ds/base/random.h"
#include "statistics/resampling.h"

namespace ds {

namespace {

/// Both models' matches in one table: model `b`'s on images of its own, behind those of `a`. Weights then say
/// whose detections count on an image; the objects are the same for both.
Matching side_by_side(const Matching& a, const Matching& b) {
  Matching joined{a.options, 2 * a.image_count, std::vector<ClassMatches>(a.classes.size())};
  const auto shift = static_cast<std::int32_t>(a.image_count);
  for (std::size_t c = 0; c < a.classes.size(); ++c) {
    auto& to = joined.classes[c];
    auto from_b = b.classes[c];
    for (auto& m : from_b.matches) m.image_idx += shift;
    for (auto& objects : from_b.objects) objects.image_idx += shift;
    to.matches.resize(a.classes[c].matches.size() + from_b.matches.size());
    std::merge(a.classes[c].matches.begin(), a.classes[c].matches.end(), from_b.matches.begin(),
               from_b.matches.end(), to.matches.begin(),
               [](const Match& x, const Match& y) { return x.score > y.score; });
    to.objects = a.classes[c].objects;
    to.objects.insert(to.objects.end(), from_b.objects.begin(), from_b.objects.end());
  }
  return joined;
}

double difference(const detail::ResampledPrecision& joined, const std::vector<char>& exchanged) {
  const auto images = exchanged.size();
  std::vector<std::int32_t> first(2 * images), second(2 * images);
  for (std::size_t i = 0; i < images; ++i) {
    first[i] = second[i + images] = !exchanged[i];
    first[i + images] = second[i] = exchanged[i];
  }
  return joined.ap(second) - joined.ap(first);
}

}  // namespace

double randomization_p_value(const TruthTable& truth, const Matching& a, const Matching& b,
                             const RandomizationOptions& options) {
  if (options.permutations < 1)
    throw UsageError(fmt::format("{} permutations; at least 1 is needed", options.permutations));
  if (a.image_count != truth.images.size() || b.image_count != a.image_count)
    throw Error("matchings over different truths");
  const auto groups = detail::resampling_groups(truth);
  const detail::ResampledPrecision joined(side_by_side(a, b), false);
  const double observed = std::abs(difference(joined, std::vector<char>(a.image_count)));
  std::vector<char> as_large(static_cast<std::size_t>(options.permutations));
  detail::for_each_resample(options.permutations, options.threads, [&](std::size_t i) {
    Random random(options.seed, fmt::format("exchange-{}", i));
    std::vector<char> coin(groups.count), exchanged(a.image_count);
    for (auto& side : coin) side = random.below(2) == 1;
    for (std::size_t image = 0; image < exchanged.size(); ++image)
      exchanged[image] = coin[groups.of_image[image]];
    // Rounding must not tell a permutation from its mirror image.
    as_large[i] = std::abs(difference(joined, exchanged)) >= observed - 1e-12;
  });
  const auto count = std::count(as_large.begin(), as_large.end(), 1);
  return (1.0 + static_cast<double>(count)) / (1.0 + options.permutations);
}

std::vector<double> holm_adjusted(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto x, auto y) { return p_values[x] < p_values[y]; });
  std::vector<double> adjusted(p_values.size());
  double least = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    least = std::max(least, static_cast<double>(order.size() - i) * p_values[order[i]]);
    adjusted[order[i]] = std::min(1.0, least);
  }
  return adjusted;
}

}  // namespace ds

#include "ds/metrics/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/random.h"
#include "statistics/resampling.h"

namespace ds {

namespace {

std::vector<std::int32_t> draw(const detail::ResamplingGroups& groups, Random& random) {
  std::vector<std::int32_t> times(groups.count);
  for (std::size_t i = 0; i < groups.count; ++i) ++times[random.below(groups.count)];
  std::vector<std::int32_t> weights(groups.of_image.size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = times[groups.of_image[i]];
  return weights;
}

}  // namespace

double percentile(const std::vector<double>& sorted, double fraction) {
  const double position = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::optional<Interval> PairedBootstrap::interval(std::vector<double> values) const {
  if (values.size() < 20) return std::nullopt;
  std::sort(values.begin(), values.end());
  const double tail = (1 - level_) / 2;
  return Interval{percentile(values, tail), percentile(values, 1 - tail)};
}

std::optional<Interval> PairedBootstrap::of(std::size_t model, int number) const {
  std::vector<double> values;
  for (const auto& sample : samples_.at(model))
    if (const double v = sample.at(static_cast<std::size_t>(number)); v >= 0) values.push_back(v);
  return interval(std::move(values));
}

std::optional<Interval> PairedBootstrap::of_difference(std::size_t a, std::size_t b, int number) const {
  return interval(differences(a, b, number));
}

std::vector<double> PairedBootstrap::differences(std::size_t a, std::size_t b, int number) const {
  const auto n = static_cast<std::size_t>(number);
  std::vector<double> values;
  for (std::size_t i = 0; i < samples_.at(a).size(); ++i) {
    const double va = samples_[a][i].at(n), vb = samples_.at(b)[i].at(n);
    if (va >= 0 && vb >= 0) values.push_back(vb - va);
  }
  return values;
}

std::optional<double> PairedBootstrap::p_value(std::size_t a, std::size_t b, int number) const {
  const auto values = differences(a, b, number);
  if (values.empty()) return std::nullopt;
  auto share = [&](auto holds) {
    const auto count = std::count_if(values.begin(), values.end(), holds);
    return (1.0 + static_cast<double>(count)) / (1.0 + static_cast<double>(values.size()));
  };
  return std::min(
      1.0, 2 * std::min(share([](double d) { return d <= 0; }), share([](double d) { return d >= 0; })));
}

std::optional<double> PairedBootstrap::smallest_difference(std::size_t a, std::size_t b, int number) const {
  const auto found = of_difference(a, b, number);
  if (!found) return std::nullopt;
  return (found->high - found->low) / 2;
}

PairedBootstrap paired_bootstrap(const TruthTable& truth, const std::vector<const Matching*>& models,
                                 const BootstrapOptions& options) {
  if (options.resamples < 1)
    throw UsageError(fmt::format("{} resamples; at least 1 is needed", options.resamples));
  if (options.level <= 0 || options.level >= 1)
    throw UsageError(
        fmt::format("an interval level of {}; expected a number between 0 and 1", options.level));
  const auto groups = detail::resampling_groups(truth);
  if (groups.count == 0) throw DataError("no images to resample");
  std::vector<std::vector<PairedBootstrap::Sample>> samples(
      models.size(), std::vector<PairedBootstrap::Sample>(static_cast<std::size_t>(options.resamples)));
  std::vector<detail::ResampledPrecision> precisions;
  for (const auto* model : models) {
    if (model->image_count != truth.images.size()) throw Error("a matching over another truth");
    precisions.emplace_back(*model);
  }
  detail::for_each_resample(options.resamples, options.threads, [&](std::size_t i) {
    Random random(options.seed, fmt::format("bootstrap-{}", i));
    const auto weights = draw(groups, random);
    for (std::size_t m = 0; m < models.size(); ++m) samples[m][i] = precisions[m].numbers(weights);
  });
  return {std::move(samples), groups.count, options.level};
}

}  // namespace ds

#include "ds/metrics/bootstrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>
#include <unordered_map>

#include "ds/base/error.h"
#include "ds/base/random.h"

namespace ds {

namespace {

/// Group of every image, 0-based in order of first appearance; an empty name is a group of its own.
std::vector<std::size_t> group_images(const TruthTable& truth, std::size_t& count) {
  std::unordered_map<std::string, std::size_t> known;
  std::vector<std::size_t> group(truth.images.size());
  count = 0;
  // By ascending id, so that the order of the file does not change what a seed draws.
  std::vector<std::size_t> order(truth.images.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return truth.images[a].id < truth.images[b].id; });
  for (const auto i : order) {
    const auto& name = truth.images[i].group;
    if (name.empty()) {
      group[i] = count++;
      continue;
    }
    const auto [at, is_new] = known.emplace(name, count);
    if (is_new) ++count;
    group[i] = at->second;
  }
  return group;
}

std::vector<std::int32_t> draw(const std::vector<std::size_t>& group, std::size_t groups, Random& random) {
  std::vector<std::int32_t> times(groups);
  for (std::size_t i = 0; i < groups; ++i) ++times[random.below(groups)];
  std::vector<std::int32_t> weights(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) weights[i] = times[group[i]];
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
  const auto n = static_cast<std::size_t>(number);
  std::vector<double> values;
  for (std::size_t i = 0; i < samples_.at(a).size(); ++i) {
    const double va = samples_[a][i].at(n), vb = samples_.at(b)[i].at(n);
    if (va >= 0 && vb >= 0) values.push_back(vb - va);
  }
  return interval(std::move(values));
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
  std::size_t groups = 0;
  const auto group = group_images(truth, groups);
  const auto count = static_cast<std::size_t>(options.resamples);
  std::vector<std::vector<PairedBootstrap::Sample>> samples(models.size(),
                                                            std::vector<PairedBootstrap::Sample>(count));
  if (groups == 0) throw DataError("no images to resample");
  std::atomic<std::size_t> next{0};
  auto work = [&] {
    for (auto b = next++; b < count; b = next++) {
      Random random(options.seed, fmt::format("bootstrap-{}", b));
      const auto weights = draw(group, groups, random);
      for (std::size_t m = 0; m < models.size(); ++m) {
        const auto numbers = resampled_numbers(*models[m], weights);
        std::copy_n(numbers.begin(), kBootstrapNumberCount, samples[m][b].begin());
      }
    }
  };
  std::vector<std::jthread> workers;
  for (int t = 1; t < options.threads; ++t) workers.emplace_back(work);
  work();
  workers.clear();
  return {std::move(samples), groups, options.level};
}

}  // namespace ds

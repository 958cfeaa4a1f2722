#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ds/metrics/average_precision.h"
#include "ds/metrics/eval_input.h"
#include "ds/metrics/matching.h"

namespace ds {

struct BootstrapOptions {
  int resamples = 1000;
  std::uint64_t seed = 0;
  int threads = 1;      // the result is the same for any number
  double level = 0.95;  // of the intervals
};

/// A percentile interval; nothing when too few resamples had an object to find.
struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// AP, AP50, AP75, APs, APm, APl: the first six of COCO's numbers.
inline constexpr int kBootstrapNumberCount = 6;

/// Resampled values of every model, all models on the same resamples.
class PairedBootstrap {
 public:
  using Sample = std::array<double, kBootstrapNumberCount>;
  PairedBootstrap(std::vector<std::vector<Sample>> samples, std::size_t groups, double level)
      : samples_(std::move(samples)), groups_(groups), level_(level) {}

  /// @param number index into coco_number_names(), < kBootstrapNumberCount
  std::optional<Interval> of(std::size_t model, int number) const;
  /// Of model `b` minus model `a`.
  std::optional<Interval> of_difference(std::size_t a, std::size_t b, int number) const;
  /// Two-sided: twice the smaller share of resamples on one side of no difference, at least 2 / (resamples +
  /// 1); nothing when no resample had an object to find.
  std::optional<double> p_value(std::size_t a, std::size_t b, int number) const;
  /// Half the width of the difference's interval: a smaller difference cannot be told on this dataset.
  std::optional<double> smallest_difference(std::size_t a, std::size_t b, int number) const;
  /// How many groups of images were resampled.
  std::size_t groups() const { return groups_; }
  std::size_t models() const { return samples_.size(); }
  double level() const { return level_; }
  /// The same resamples with intervals of another level.
  PairedBootstrap with_level(double level) const { return {samples_, groups_, level}; }
  int resamples() const { return samples_.empty() ? 0 : static_cast<int>(samples_.front().size()); }

 private:
  std::vector<double> differences(std::size_t a, std::size_t b, int number) const;
  std::optional<Interval> interval(std::vector<double> values) const;
  std::vector<std::vector<Sample>> samples_;  // [model][resample]
  std::size_t groups_;
  double level_;
};

/// Draws groups of images with replacement, as many as there are; an image counts as often as its group was
/// drawn. Every matching must be over `truth`.
PairedBootstrap paired_bootstrap(const TruthTable& truth, const std::vector<const Matching*>& models,
                                 const BootstrapOptions& options = {});

/// Percentile with linear interpolation between order statistics; `fraction` in [0,1]; `sorted` is not empty.
double percentile(const std::vector<double>& sorted, double fraction);

}  // namespace ds

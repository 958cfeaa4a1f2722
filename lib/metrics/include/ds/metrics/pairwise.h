#pragma once

#include <optional>
#include <vector>

#include "ds/metrics/bootstrap.h"

/// What this dataset can and cannot tell about several models.
namespace ds {

/// Model b against model a, by AP.
struct PairComparison {
  std::size_t a = 0;
  std::size_t b = 0;
  double difference = 0;                      // AP of b minus AP of a
  std::optional<Interval> interval;           // paired bootstrap
  double p_value = 1;                         // randomisation test
  double p_adjusted = 1;                      // Holm over all pairs
  std::optional<double> smallest_difference;  // half the width of the interval
};

/// Between which ranks a model lies when only proven differences count; 1 is the best.
struct RankRange {
  int best = 1;
  int worst = 1;
  bool operator==(const RankRange&) const = default;
};

struct PairwiseComparison {
  std::vector<PairComparison> pairs;  // a < b, in the order of the models
  std::vector<RankRange> ranks;       // as the models
  /// The smallest difference of AP between two of these models that this dataset can tell: the
  /// median over the pairs.
  std::optional<double> smallest_difference;
  std::size_t groups = 0;  // of images
  int resamples = 0;
  /// In either order; nullptr when there is none.
  const PairComparison* find(std::size_t a, std::size_t b) const;
  /// Whether the difference is not proven: Holm's p-value is above 1 - level.
  bool tied(std::size_t a, std::size_t b) const;
  double level = 0.95;
};

/// Every matching must be over `truth`; the same result at any number of threads. The ranks follow from the
/// adjusted p-values: best is 1 + how many models are proven better, worst how many are not proven worse.
/// The randomisation test of a pair that may be proven runs at least 2 * pairs / (1 - level) permutations,
/// since with fewer Holm's correction could prove nothing.
PairwiseComparison compare_pairwise(const TruthTable& truth, const std::vector<const Matching*>& models,
                                    const BootstrapOptions& options);
/// The same with a bootstrap of these models that was made before.
PairwiseComparison compare_pairwise(const TruthTable& truth, const std::vector<const Matching*>& models,
                                    const BootstrapOptions& options, const PairedBootstrap& bootstrap);

}  // namespace ds

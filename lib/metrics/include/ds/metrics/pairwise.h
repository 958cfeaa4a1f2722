#pragma once

#include <optional>
#include <vector>

#include "ds/metrics/significance.h"

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

struct PairwiseComparison {
  std::vector<PairComparison> pairs;  // a < b, in the order of the models
  std::vector<RankRange> ranks;       // as the models
  /// The smallest difference of AP between two of these models that this dataset can tell: the median over
  /// the pairs.
  std::optional<double> smallest_difference;
  std::size_t groups = 0;  // of images
  int resamples = 0;
  const PairComparison* find(std::size_t a, std::size_t b) const;
};

/// Every matching must be over `truth`; the same result at any number of threads.
PairwiseComparison compare_pairwise(const TruthTable& truth, const std::vector<const Matching*>& models,
                                    const BootstrapOptions& options);

}  // namespace ds

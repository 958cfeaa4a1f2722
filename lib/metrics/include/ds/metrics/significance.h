#pragma once

#include <cstdint>
#include <vector>

#include "ds/metrics/bootstrap.h"

/// Which of several models can be told apart on this dataset.
namespace ds {

struct RandomizationOptions {
  int permutations = 1000;
  std::uint64_t seed = 0;
  int threads = 1;  // the result is the same for any number
};

/// Two-sided p-value of "both models follow the same law": how often the difference of AP is at least as
/// large when the two models' detections are exchanged at random, group of images by group. (1 + count) / (1
/// + permutations), so never 0; 1 when neither model has an AP. Paired randomisation after Fisher (1935);
/// Yeh, "More accurate tests for the statistical significance of result differences", COLING 2000.
double randomization_p_value(const TruthTable& truth, const Matching& a, const Matching& b,
                             const RandomizationOptions& options = {});

/// Holm's step-down adjustment (1979): comparing an adjusted value with .05 keeps the chance of any false
/// alarm among all tests at 5 %. In the given order; values are at most 1.
std::vector<double> holm_adjusted(const std::vector<double>& p_values);

/// Between which ranks a model lies when only proven differences count; 1 is the best.
struct RankRange {
  int best = 1;
  int worst = 1;
  bool operator==(const RankRange&) const = default;
};

/// From all pairs of models, by the bootstrap's p-values of the differences of AP, adjusted by Holm: a
/// model's best rank is 1 + how many are proven better, its worst how many are not proven worse.
std::vector<RankRange> rank_ranges(const PairedBootstrap& bootstrap);

}  // namespace ds

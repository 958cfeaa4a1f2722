#pragma once

#include <cstdint>
#include <vector>

#include "ds/metrics/matching.h"

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

}  // namespace ds

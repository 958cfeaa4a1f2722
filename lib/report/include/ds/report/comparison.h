#pragma once

#include <vector>

#include "ds/metrics/bootstrap.h"
#include "ds/metrics/evaluation.h"
#include "ds/report/leaderboard.h"

namespace ds {

/// A model with what it found and how that was matched.
struct ComparedModel {
  Evaluation evaluation;
  DetectionTable detections;
  Matching matching;
};

/// Models of one truth side by side.
struct ModelComparison {
  std::vector<LeaderboardEntry> entries;  // as the models
  PairwiseComparison pairwise;            // as the models; empty with one model or without resamples
};

/// Adds what only a comparison can tell: RMSE over the objects that all matched; oLRP and D-ECE; with
/// resamples > 0 paired intervals of all six APs and of the distance to the best, and between several models
/// ranks as ranges, ties with the best and all pairs. Every model must have been evaluated on `truth`; throws
/// DataError when a fingerprint differs.
ModelComparison compare_thoroughly(const TruthTable& truth, const std::vector<ComparedModel>& models,
                                   const BootstrapOptions& bootstrap);

/// The quick part of it: RMSE over the objects that all matched, and, with resamples > 0, paired intervals of
/// each AP and of its distance to the best, without tests of the pairs. The order stays.
std::vector<LeaderboardEntry> compare_models(const TruthTable& truth, std::vector<ComparedModel> models,
                                             const BootstrapOptions& bootstrap);

}  // namespace ds

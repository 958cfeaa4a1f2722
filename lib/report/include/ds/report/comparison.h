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

/// Adds what only a comparison can tell: RMSE over the objects that all matched, and, with resamples > 0,
/// paired intervals of each AP and of its distance to the best. The order stays. Every model must have been
/// evaluated on `truth`; throws DataError when a fingerprint differs.
std::vector<LeaderboardEntry> compare_models(const TruthTable& truth, std::vector<ComparedModel> models,
                                             const BootstrapOptions& bootstrap);

}  // namespace ds

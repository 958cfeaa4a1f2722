#include "ds/report/comparison.h"

#include <algorithm>

#include "ds/metrics/gate.h"

namespace ds {

namespace {

void add_common_edges(const TruthTable& truth, const std::vector<ComparedModel>& models,
                      std::vector<LeaderboardEntry>& entries) {
  std::vector<const DetectionTable*> tables;
  std::vector<const OperatingPoint*> points;
  for (std::size_t i = 0; i < models.size(); ++i) {
    tables.push_back(&models[i].detections);
    points.push_back(&entries[i].evaluation.operating);
  }
  const auto errors = common_edge_errors(truth, tables, points);
  for (std::size_t i = 0; i < errors.size(); ++i) entries[i].common_edges = errors[i];
}

void add_intervals(const TruthTable& truth, const std::vector<ComparedModel>& models,
                   const BootstrapOptions& options, std::vector<LeaderboardEntry>& entries) {
  std::vector<const Matching*> matchings;
  std::size_t best = 0;
  for (std::size_t i = 0; i < models.size(); ++i) {
    matchings.push_back(&models[i].matching);
    if (entries[i].evaluation.precision.numbers.ap() > entries[best].evaluation.precision.numbers.ap())
      best = i;
  }
  const auto bootstrap = paired_bootstrap(truth, matchings, options);
  for (std::size_t i = 0; i < models.size(); ++i) {
    auto& e = entries[i].evaluation;
    e.resamples = options.resamples;
    for (int n = 0; n < kBootstrapNumberCount; ++n)
      e.intervals[static_cast<std::size_t>(n)] = bootstrap.of(i, n);
    if (models.size() > 1) entries[i].behind_best = bootstrap.of_difference(best, i, 0);
  }
}

}  // namespace

std::vector<LeaderboardEntry> compare_models(const TruthTable& truth, std::vector<ComparedModel> models,
                                             const BootstrapOptions& bootstrap) {
  std::vector<LeaderboardEntry> entries;
  for (auto& model : models) {
    if (!entries.empty())
      require_same_fingerprint(entries.front().evaluation.model.name,
                               entries.front().evaluation.data.fingerprint, model.evaluation.model.name,
                               model.evaluation.data.fingerprint);
    entries.push_back({std::move(model.evaluation)});
  }
  if (models.size() > 1) add_common_edges(truth, models, entries);
  if (bootstrap.resamples > 0 && !models.empty() && !truth.images.empty())
    add_intervals(truth, models, bootstrap, entries);
  return entries;
}

}  // namespace ds

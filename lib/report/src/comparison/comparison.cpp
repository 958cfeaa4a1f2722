#include "ds/report/comparison.h"

#include <algorithm>

#include "ds/metrics/calibration.h"
#include "ds/metrics/gate.h"
#include "ds/metrics/localization_recall.h"

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

std::size_t best_of(const std::vector<LeaderboardEntry>& entries) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].evaluation.precision.numbers.ap() > entries[best].evaluation.precision.numbers.ap())
      best = i;
  return best;
}

std::vector<const Matching*> matchings_of(const std::vector<ComparedModel>& models) {
  std::vector<const Matching*> matchings;
  matchings.reserve(models.size());
  for (const auto& model : models) matchings.push_back(&model.matching);
  return matchings;
}

void add_intervals(const PairedBootstrap& bootstrap, std::vector<LeaderboardEntry>& entries) {
  const auto best = best_of(entries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto& e = entries[i].evaluation;
    e.resamples = bootstrap.resamples();
    for (int n = 0; n < kBootstrapNumberCount; ++n)
      e.intervals[static_cast<std::size_t>(n)] = bootstrap.of(i, n);
    if (entries.size() > 1) entries[i].behind_best = bootstrap.of_difference(best, i, 0);
  }
}

void add_ranks(const PairwiseComparison& pairwise, std::vector<LeaderboardEntry>& entries) {
  const auto best = best_of(entries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].rank = pairwise.ranks[i];
    entries[i].tied_with_best = i != best && pairwise.tied(i, best);
  }
}

void add_quality(const TruthTable& truth, const ComparedModel& model, LeaderboardEntry& entry) {
  entry.olrp = localization_recall(truth, model.detections, model.matching).mean.error;
  entry.d_ece =
      calibration(truth, model.detections, model.matching, model.evaluation.operating.threshold).d_ece;
}

/// Entries of the evaluations, which `take` hands out.
template <typename Models, typename Take>
std::vector<LeaderboardEntry> entries_of(Models& models, Take take) {
  std::vector<LeaderboardEntry> entries;
  for (auto& model : models) {
    if (!entries.empty())
      require_same_fingerprint(entries.front().evaluation.model.name,
                               entries.front().evaluation.data.fingerprint, model.evaluation.model.name,
                               model.evaluation.data.fingerprint);
    entries.push_back({take(model)});
    entries.back().model_idx = entries.size() - 1;
  }
  return entries;
}

}  // namespace

ModelComparison compare_thoroughly(const TruthTable& truth, const std::vector<ComparedModel>& models,
                                   const BootstrapOptions& options) {
  ModelComparison result{entries_of(models, [](const auto& model) { return model.evaluation; }), {}};
  for (std::size_t i = 0; i < models.size(); ++i) add_quality(truth, models[i], result.entries[i]);
  if (models.size() > 1) add_common_edges(truth, models, result.entries);
  if (options.resamples <= 0 || models.empty() || truth.images.empty()) return result;
  const auto bootstrap = paired_bootstrap(truth, matchings_of(models), options);
  add_intervals(bootstrap, result.entries);
  if (models.size() < 2) return result;
  result.pairwise = compare_pairwise(truth, matchings_of(models), options, bootstrap);
  add_ranks(result.pairwise, result.entries);
  return result;
}

std::vector<LeaderboardEntry> compare_models(const TruthTable& truth, std::vector<ComparedModel> models,
                                             const BootstrapOptions& options) {
  auto entries = entries_of(models, [](auto& model) { return std::move(model.evaluation); });
  if (models.size() > 1) add_common_edges(truth, models, entries);
  if (options.resamples > 0 && !models.empty() && !truth.images.empty())
    add_intervals(paired_bootstrap(truth, matchings_of(models), options), entries);
  return entries;
}

}  // namespace ds

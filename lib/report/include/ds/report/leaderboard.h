#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/table.h"
#include "ds/metrics/evaluation.h"
#include "ds/metrics/pairwise.h"

namespace ds {

/// A model among others that were measured on the same truth.
struct LeaderboardEntry {
  Evaluation evaluation;
  std::string settings = {};  // shown after the name, where a model stands in the table more than once
  /// Over the objects that all models of the table matched; absent: over the model's own.
  std::optional<EdgeError> common_edges = std::nullopt;
  /// Of AP minus the best AP, 95 %, paired; absent: not computed.
  std::optional<Interval> behind_best = std::nullopt;
  /// Among the models of the table when only proven differences count; absent: not computed.
  std::optional<RankRange> rank = std::nullopt;
  bool tied_with_best = false;                // `rank` is there, and the difference to the best is not proven
  std::optional<double> olrp = std::nullopt;  // optimal LRP error, mean over classes
  std::optional<double> d_ece = std::nullopt;  // calibration error at the operating threshold
  std::size_t model_idx = 0;  // its place among the models that were compared, however entries are sorted
};

/// The model's name, and its settings where it needs them.
std::string shown_name(const LeaderboardEntry& entry);

struct LeaderboardOptions {
  bool more = false;  // also columns of oLRP and D-ECE
  /// What the data can tell stands under the table, and the pairs in the JSON.
  const PairwiseComparison* pairwise = nullptr;
  std::vector<std::string> names = {};  // of the models of `pairwise`, in its order
};

/// Names that entries can be sorted by: those of Evaluation::facts().
std::vector<std::string> sort_keys();
/// Best first: falling, but rising for latencies, sizes and errors. Entries without the value come last. Ties
/// keep their order. Throws UsageError on an unknown key.
void sort_entries(std::vector<LeaderboardEntry>& entries, const std::string& key);

/// The first entry by AP that fits both limits (absent: no limit); a model whose size or latency is not known
/// does not fit a limit on it, and one whose AP could not be measured is never the best. Nothing when none fits.
std::optional<LeaderboardEntry> best_within(const std::vector<LeaderboardEntry>& entries,
                                            const std::optional<double>& max_ms,
                                            const std::optional<double>& max_mb);

/// Why best_within gives that model: sentences on its AP, on what is tied with it and on what
/// the limits leave out.
std::vector<std::string> why_best(const std::vector<LeaderboardEntry>& entries,
                                  const std::optional<double>& max_ms, const std::optional<double>& max_mb);

/// The table of models with the definitions of its columns under it. Entries stand in the given order.
Table leaderboard(const std::vector<LeaderboardEntry>& entries, const LeaderboardOptions& options = {});
/// Whether the latencies can be compared: how they were measured, or that they come from different calls of
/// `ds-compare eval`. Empty where there are none.
std::vector<std::string> latency_notes(const std::vector<LeaderboardEntry>& entries);
/// `{"format": "ds-leaderboard", "version": 1, "models": [...]}`: each the document of to_json(Evaluation)
/// without curves and confusion, with "common_rmse", "behind_best", "rank", "tied_with_best", "olrp" and
/// "d_ece" beside it where they are known; with pairs also "pairs" and "smallest_difference".
nlohmann::ordered_json leaderboard_json(const std::vector<LeaderboardEntry>& entries,
                                        const LeaderboardOptions& options = {});

/// What accuracy, error rate and RMSE mean here, one sentence each.
std::vector<std::string> definitions();

}  // namespace ds

#pragma once

#include <string>
#include <vector>

#include "ds/base/table.h"
#include "ds/cli/tool.h"
#include "ds/compare/project_evaluations.h"
#include "ds/config/option_set.h"
#include "ds/metrics/gate.h"
#include "ds/report/leaderboard.h"

/// What several verbs print or read the same way.
namespace ds::compare_tool {

/// How a table is written on stdout.
struct TableOptions {
  std::string format = "text";
  void bind(OptionSet& options);
};

void print(Context& context, const Table& table, const TableOptions& options);

/// Which stored evaluations are meant.
struct SelectionFlags {
  StoredSelection selection;
  void bind(OptionSet& options);
};

/// Of --conf, wherever a score threshold may be given.
constexpr const char* kConfidenceHelp =
    "score threshold of accuracy, error and RMSE; default: the best F1 on these images";

struct BootstrapFlags {
  int resamples = 1000;
  void bind(OptionSet& options, const std::string& zero_means);
};

BootstrapOptions bootstrap_options(const BootstrapFlags& flags, const SharedOptions& shared);

/// A blank line and the table.
void print_below(Context& context, const Table& table, const TableOptions& options);

/// The leaderboard, and what is asked for beside it.
struct LeaderboardFlags {
  bool per_class = false;
  bool errors = false;
  bool pairs = false;
  bool more = false;
  /// @param with_pairs also --pairs and --more, which need a comparison
  void bind(OptionSet& options, bool with_pairs);
};

/// Entries in the order they are shown in, with what their tables are made from.
struct LeaderboardView {
  const TruthTable* truth = nullptr;
  std::vector<LeaderboardEntry> entries;
  std::vector<const DetectionTable*> detections;  // by LeaderboardEntry::model_idx
  PairwiseComparison pairwise = {};
  std::vector<std::string> names = {};  // of the models of `pairwise`
};
/// As text, markdown or csv, or as one JSON document.
void print_leaderboard(Context& context, const LeaderboardView& view, const LeaderboardFlags& flags,
                       const TableOptions& options);

/// Prints the table or the JSON document; the exit code of the verdict.
int print_gate(Context& context, const GateResult& result, const std::string& baseline,
               const std::string& candidate, const TableOptions& options);

}  // namespace ds::compare_tool

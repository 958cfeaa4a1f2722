#include "printing.h"

#include <nlohmann/json.hpp>

#include "ds/metrics/error_types.h"
#include "ds/report/analysis_tables.h"
#include "ds/report/evaluation_tables.h"
#include "ds/report/gate_report.h"
#include "ds/report/leaderboard.h"

namespace ds::compare_tool {

void TableOptions::bind(OptionSet& options) {
  options.choice("format", format, {"text", "markdown", "csv"}, "how the table is written");
}

void print(Context& context, const Table& table, const TableOptions& options) {
  context.out.text(options.format == "markdown" ? table.to_markdown()
                   : options.format == "csv"    ? table.to_csv()
                                                : table.to_text());
}

void print_below(Context& context, const Table& table, const TableOptions& options) {
  context.out.line("");
  print(context, table, options);
}

void LeaderboardFlags::bind(OptionSet& options, bool with_pairs) {
  options.add("per-class", per_class, "also a table of classes for each model")
      .add("errors", errors,
           "also a table of errors by kind: how many, and what AP50 would gain without them");
  if (!with_pairs) return;
  options.add("pairs", pairs, "also a table of all pairs of models: difference, interval, p-values")
      .add("more", more, "also the columns oLRP and D-ECE");
}

namespace {

nlohmann::ordered_json errors_json(const ErrorTypes& errors) {
  nlohmann::ordered_json kinds;
  for (int t = 0; t < kErrorTypeCount; ++t) {
    const auto i = static_cast<std::size_t>(t);
    kinds[to_string(static_cast<ErrorType>(t))] = {{"count", errors.counts[i]},
                                                   {"ap50_gain", errors.gain[i]}};
  }
  return {{"ap50", errors.ap50},
          {"kinds", kinds},
          {"ap50_gain_without_false_positives", errors.gain_without_false_positives},
          {"ap50_gain_without_misses", errors.gain_without_misses}};
}

}  // namespace

void print_leaderboard(Context& context, const LeaderboardView& view, const LeaderboardFlags& flags,
                       const TableOptions& options) {
  std::vector<ErrorTypes> errors;
  std::vector<std::string> names;
  for (const auto& entry : view.entries) {
    names.push_back(shown_name(entry));
    if (flags.errors) errors.push_back(error_types(*view.truth, *view.detections.at(entry.model_idx)));
  }
  LeaderboardOptions how;
  how.more = flags.more;
  how.names = view.names;
  if (!view.pairwise.pairs.empty()) how.pairwise = &view.pairwise;
  if (context.shared.json) {
    auto json = leaderboard_json(view.entries, how);
    for (std::size_t i = 0; i < errors.size(); ++i) json["models"][i]["errors"] = errors_json(errors[i]);
    context.out.json(json);
    return;
  }
  const bool with_pairs = flags.pairs && how.pairwise != nullptr;
  if (with_pairs) how.pairwise = nullptr;  // the table of pairs says what the data can tell
  print(context, leaderboard(view.entries, how), options);
  if (with_pairs) print_below(context, pairs_table(view.names, view.pairwise), options);
  if (flags.errors) print_below(context, error_types_table(names, errors), options);
  for (const auto& entry : view.entries)
    if (flags.per_class) print_below(context, class_table(entry.evaluation), options);
}

void SelectionFlags::bind(OptionSet& options) {
  options
      .add("snapshot", selection.snapshot, "evaluations on this dataset version; default: of the newest", "S")
      .add("split", selection.split, "evaluations on this split; default: of the newest evaluation", "NAME");
}

void BootstrapFlags::bind(OptionSet& options, const std::string& zero_means) {
  options.add("resamples", resamples, "resamples of the bootstrap that gives the intervals" + zero_means);
}

BootstrapOptions bootstrap_options(const BootstrapFlags& flags, const SharedOptions& shared) {
  return {flags.resamples, shared.seed, shared.effective_threads(), 0.95};
}

int print_gate(Context& context, const GateResult& result, const std::string& baseline,
               const std::string& candidate, const TableOptions& options) {
  if (context.shared.json)
    context.out.json(gate_json(result, baseline, candidate));
  else
    print(context, gate_table(result, baseline, candidate), options);
  return exit_code_of(result.verdict);
}

}  // namespace ds::compare_tool

#include "printing.h"

#include <nlohmann/json.hpp>

#include "ds/report/leaderboard.h"

namespace ds::compare {

void TableOptions::bind(OptionSet& options) {
  options.choice("format", format, {"text", "markdown", "csv"}, "how the table is written");
}

void print(Context& context, const Grid& grid, const TableOptions& options) {
  context.out.text(options.format == "markdown" ? to_markdown(grid)
                   : options.format == "csv"    ? to_csv(grid)
                                                : to_text(grid));
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
    print(context, gate_grid(result, baseline, candidate), options);
  return exit_code_of(result.verdict);
}

}  // namespace ds::compare

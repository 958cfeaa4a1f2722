#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/compare/project_evaluations.h"
#include "ds/report/leaderboard.h"
#include "printing.h"
#include "verbs.h"

namespace ds::compare_tool {

namespace {

struct TableFlags {
  SelectionFlags selection;
  std::string sort = "AP";
  std::optional<double> max_ms;
  std::optional<double> max_mb;
  LeaderboardFlags board;
  bool explain = false;
  BootstrapFlags bootstrap{200};
  TableOptions table;
};

Comparison load(Context& context, const TableFlags& o) {
  auto project = tool::open_project(context);
  auto comparison =
      compare_stored(project, o.selection.selection, bootstrap_options(o.bootstrap, context.shared));
  if (comparison.on_other_data > 0)
    log::info(fmt::format("{} evaluations on other data are not shown (--snapshot, --split)",
                          comparison.on_other_data));
  return comparison;
}

int run_table(Context& context, const TableFlags& o) {
  if (o.board.pairs && o.bootstrap.resamples <= 0)
    throw UsageError(fmt::format("--pairs needs resamples, and --resamples is {}", o.bootstrap.resamples));
  const auto comparison = load(context, o);
  if (o.board.pairs && comparison.pairwise.pairs.empty())
    log::info("--pairs: only one model is in the table");
  LeaderboardView view;
  view.truth = &comparison.data.truth;
  view.entries = comparison.entries;
  view.pairwise = comparison.pairwise;
  for (const auto& entry : comparison.entries) view.names.push_back(shown_name(entry));
  for (const auto& model : comparison.models) view.detections.push_back(&model.detections);
  sort_entries(view.entries, o.sort);
  print_leaderboard(context, view, o.board, o.table);
  return 0;
}

int run_best(Context& context, TableFlags o) {
  // Only the explanation speaks of what is proven.
  if (!o.explain) o.bootstrap.resamples = 0;
  const auto comparison = load(context, o);
  const auto best = best_within(comparison.entries, o.max_ms, o.max_mb);
  if (!best && !best_within(comparison.entries, {}, {})) {
    log::error("no model is the best: there is no object on these images to measure an AP by");
    return 4;
  }
  if (!best) {
    log::error(fmt::format("none of the {} models fits{}{}", comparison.entries.size(),
                           o.max_ms ? fmt::format(" {} ms", *o.max_ms) : "",
                           o.max_mb ? fmt::format(" {} MB", *o.max_mb) : ""));
    return 4;
  }
  const auto why = o.explain ? why_best(comparison.entries, o.max_ms, o.max_mb) : std::vector<std::string>{};
  if (context.shared.json) {
    auto json = leaderboard_json({*best})["models"][0];
    if (o.explain) json["why"] = why;
    context.out.json(json);
    return 0;
  }
  context.out.line(best->evaluation.model.name);
  for (const auto& sentence : why) context.out.line(sentence);
  return 0;
}

}  // namespace

void add_table(Tool& tool) {
  auto& verb = tool.verb("table", "show every model evaluated on the same images, best first");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<TableFlags>();
  verb.describe(R"(
      The definitions of accuracy, error rate and RMSE stand under the table, and what this data can
      tell. Ranks are ranges: only differences of AP that a test over all pairs of models proves count.)")
      .example("ds-compare table")
      .example("ds-compare table --pairs --more")
      .example("ds-compare table --sort latency_p50_ms --format markdown");
  o.selection.bind(verb.options());
  verb.options().choice("sort", o.sort, sort_keys(), "number to sort by");
  o.board.bind(verb.options(), true);
  o.bootstrap.bind(verb.options(), "; 0: no intervals");
  o.table.bind(verb.options());
  verb.run([&o](Context& context) { return run_table(context, o); });
}

void add_best(Tool& tool) {
  auto& verb = tool.verb("best", "print the name of the best model within limits");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<TableFlags>();
  verb.describe(R"(
      Exit code 4 when none fits. A model whose latency or size is not known does not fit a limit on it.)")
      .example("ds-deploy create web --model \"$(ds-compare best --max-ms 30)\"");
  o.selection.bind(verb.options());
  verb.options()
      .add("max-ms", o.max_ms, "largest median latency in milliseconds", "MS")
      .add("max-mb", o.max_mb, "largest weight file in MB", "MB")
      .add("explain", o.explain,
           "also say why: what is behind, whether that is proven, and what is left out");
  o.bootstrap.bind(verb.options(), ", for --explain; 0: it says nothing of proof");
  verb.run([&o](Context& context) { return run_best(context, o); });
}

}  // namespace ds::compare_tool

#include <fmt/format.h>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/cocofile/coco_file.h"
#include "ds/compare/project_evaluations.h"
#include "ds/metrics/evaluation.h"
#include "ds/report/gate_report.h"
#include "printing.h"
#include "verbs.h"

namespace ds::compare_tool {

namespace {

struct GateFlags {
  std::string baseline;
  std::string candidate;
  std::filesystem::path truth;
  SelectionFlags selection;
  std::vector<std::string> rules;
  int min_groups = 10;
  std::optional<double> confidence;
  BootstrapFlags bootstrap;
  TableOptions table;
  std::filesystem::path junit;

  GateOptions options(const SharedOptions& shared) const {
    GateOptions made;
    for (const auto& text : rules) made.rules.push_back(parse_gate_rule(text));
    if (min_groups < 1) throw UsageError(fmt::format("--min-groups is {}; at least 1 is needed", min_groups));
    made.min_groups = static_cast<std::size_t>(min_groups);
    made.bootstrap = bootstrap_options(bootstrap, shared);
    return made;
  }
};

EvaluatedMatching evaluate_file(const TruthTable& truth, const std::string& path, const GateFlags& flags) {
  const auto read = read_coco_detections(path, truth);
  for (const auto& text : read.warnings) log::warning(text);
  EvaluateOptions options;
  options.confidence = flags.confidence;
  options.with_confusion = false;
  return evaluate(truth, read.table, options);
}

/// Prints the result and writes what a CI server reads; the verdict's exit code.
int finish(Context& context, const GateResult& result, const GateFlags& flags) {
  if (!flags.junit.empty())
    tool::write_beside(context, flags.junit, gate_junit(result, flags.baseline, flags.candidate));
  return print_gate(context, result, flags.baseline, flags.candidate, flags.table);
}

int gate_files(Context& context, const GateFlags& flags, const GateOptions& options) {
  const auto truth = read_coco_truth(flags.truth);
  for (const auto& text : truth.warnings) log::warning(text);
  const auto baseline = evaluate_file(truth.truth, flags.baseline, flags);
  const auto candidate = evaluate_file(truth.truth, flags.candidate, flags);
  const auto result = gate(truth.truth, {flags.baseline, &baseline.matching, baseline.evaluation.facts()},
                           {flags.candidate, &candidate.matching, candidate.evaluation.facts()}, options);
  return finish(context, result, flags);
}

int gate_project(Context& context, const GateFlags& flags, const GateOptions& options) {
  auto project = tool::open_project(context);
  const auto result =
      gate_stored(project, flags.baseline, flags.candidate, flags.selection.selection, options);
  return finish(context, result, flags);
}

int run_gate(Context& context, const GateFlags& flags) {
  if (flags.baseline.empty() || flags.candidate.empty())
    throw UsageError(fmt::format("--{} is missing", flags.baseline.empty() ? "baseline" : "candidate"));
  const auto options = flags.options(context.shared);
  return flags.truth.empty() ? gate_project(context, flags, options) : gate_files(context, flags, options);
}

}  // namespace

void add_gate(Tool& tool) {
  auto& verb = tool.verb("gate", "answer whether a candidate may replace a baseline");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<GateFlags>();
  verb.describe(R"(
      Exit code 0: every rule is shown to hold. 4: a regression is shown. 5: this data cannot tell. 3:
      bad input, also when the two were measured on different data.

      A rule holds when its whole 95 % interval does. Of several rules that intervals decide, a
      regression must stand Holm's correction.)")
      .example(
          "ds-compare gate --truth gt.json --baseline old.json --candidate new.json --rule 'AP>=baseline-0.01'");
  verb.options()
      .add("baseline", o.baseline, "what is in use now: a model, or with --truth a COCO result file", "MODEL")
      .add("candidate", o.candidate, "what would replace it, likewise", "MODEL")
      .add("truth", o.truth, "COCO ground truth: compare two result files, without a project", "FILE")
      .add(
          "rule", o.rules,
          "what must hold: METRIC>=LIMIT or METRIC<=LIMIT, LIMIT a number, baseline, baseline-N or baseline+N; may be repeated; default: AP>=baseline-0.02",
          "RULE")
      .add("min-groups", o.min_groups, "with fewer groups of images the answer is: not enough data")
      .add("conf", o.confidence, kConfidenceHelp)
      .within(0, 1)
      .add("junit", o.junit, "also write the result as JUnit XML, one test case a rule");
  o.selection.bind(verb.options());
  o.bootstrap.bind(verb.options(), "");
  o.table.bind(verb.options());
  verb.run([&o](Context& context) { return run_gate(context, o); });
}

}  // namespace ds::compare_tool

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/metrics/coco_json.h"
#include "ds/metrics/evaluation.h"
#include "ds/report/comparison.h"
#include "ds/report/leaderboard.h"
#include "printing.h"
#include "verbs.h"

namespace ds::compare {

namespace {

struct FilesOptions {
  std::string truth;
  std::vector<std::string> detections;
  std::optional<double> confidence;
  std::vector<std::string> max_detections = {"1", "10", "100"};
  std::string compat = "none";
  bool per_class = false;
  bool confusion = false;
  std::string sort = "AP";
  BootstrapFlags bootstrap{0};
  TableOptions table;

  EvaluateOptions evaluate_options() const {
    EvaluateOptions options;
    options.confidence = confidence;
    options.match.compat_coco = compat == "coco";
    if (max_detections.size() != 3)
      throw UsageError(fmt::format("--max-dets has {} numbers, expected 3", max_detections.size()),
                       "as in 1,10,100");
    for (std::size_t i = 0; i < 3; ++i) {
      const auto number = parse_int(max_detections[i]);
      if (!number) throw UsageError(fmt::format("--max-dets: '{}' is not a whole number", max_detections[i]));
      options.match.max_detections[i] = static_cast<int>(*number);
    }
    return options;
  }
};

void say(std::vector<std::string>& warnings, const std::vector<std::string>& more) {
  for (const auto& text : more) log::warning(text);
  warnings.insert(warnings.end(), more.begin(), more.end());
}

ComparedModel evaluate_file(const TruthTable& truth, const std::string& path,
                            const EvaluateOptions& options) {
  auto read = read_coco_detections(path, truth);
  std::vector<std::string> warnings;
  say(warnings, read.warnings);
  say(warnings, audit(truth, read.table));
  if (options.match.compat_coco && read.table.boxes.empty())
    throw DataError(fmt::format("{}: no detections; pycocotools stops here with an IndexError", path),
                    "leave --compat coco out to count every object as missed");
  if (!options.match.compat_coco) say(warnings, pycocotools_differences(truth, read.table, options.match));
  auto result = evaluate(truth, read.table, options);
  result.evaluation.warnings = std::move(warnings);
  return {std::move(result.evaluation), std::move(read.table), std::move(result.matching)};
}

void print_details(Context& context, const FilesOptions& o, const std::vector<LeaderboardEntry>& entries) {
  for (const auto& entry : entries) {
    if (o.per_class) {
      context.out.line("");
      print(context, class_grid(entry.evaluation), o.table);
    }
    if (o.confusion) {
      context.out.line("");
      print(context, confusion_grid(entry.evaluation), o.table);
    }
  }
}

/// File names without folder and ending, or the paths where those would be the same.
void name_models(std::vector<ComparedModel>& models, const std::vector<std::string>& paths) {
  std::set<std::string> names;
  for (const auto& model : models) names.insert(model.evaluation.model.name);
  if (names.size() == models.size()) return;
  for (std::size_t i = 0; i < models.size(); ++i) models[i].evaluation.model.name = paths[i];
}

int run_files(Context& context, const FilesOptions& o) {
  const auto options = o.evaluate_options();
  auto read = read_coco_truth(o.truth, {options.match.compat_coco});
  for (const auto& text : read.warnings) log::warning(text);
  std::vector<ComparedModel> models;
  for (const auto& path : o.detections) {
    models.push_back(evaluate_file(read.truth, path, options));
    models.back().evaluation.data.name = o.truth;
    auto& warnings = models.back().evaluation.warnings;
    warnings.insert(warnings.begin(), read.warnings.begin(), read.warnings.end());
  }
  name_models(models, o.detections);
  auto entries =
      compare_models(read.truth, std::move(models), bootstrap_options(o.bootstrap, context.shared));
  sort_entries(entries, o.sort);
  if (context.shared.json) {
    context.out.json(leaderboard_json(entries));
    return 0;
  }
  if (entries.size() == 1 && o.table.format == "text") {
    print(context, coco_grid(entries.front().evaluation), o.table);
    context.out.line("");
  }
  print(context, leaderboard(entries), o.table);
  print_details(context, o, entries);
  return 0;
}

}  // namespace

void add_files(Tool& tool) {
  auto& verb =
      tool.verb("files", "Evaluate COCO result files against a COCO ground truth; no project needed");
  auto& o = verb.keep<FilesOptions>();
  verb.describe(
          "The numbers equal pycocotools' to the last digit. Where pycocotools is wrong (annotation id 0, "
          "repeated\n"
          "ids, limits without 100) the right number is given and a warning says by how much it differs.")
      .example("ds-compare files instances_val.json nano.json tiny.json")
      .example("ds-compare files gt.json dt.json --resamples 1000 --per-class --json")
      .argument("gt", o.truth, "COCO ground truth (images, annotations, categories)")
      .arguments("dt", o.detections, "COCO result files, one a model");
  verb.options()
      .add("conf", o.confidence,
           "score threshold of accuracy, error and RMSE; default: the best F1 on these images")
      .add("max-dets", o.max_detections, "limits of detections per image and class, for AR and AP", "A,B,C")
      .choice("compat", o.compat, {"none", "coco"}, "repeat pycocotools' faults, for the very same number")
      .add("per-class", o.per_class, "also a table of classes for each model")
      .add("confusion", o.confusion, "also a confusion matrix for each model")
      .choice("sort", o.sort, sort_keys(), "number to sort the models by");
  o.bootstrap.bind(verb.options(), "; 0: no intervals");
  o.table.bind(verb.options());
  verb.run([&o](Context& context) { return run_files(context, o); });
}

}  // namespace ds::compare

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/cocofile/coco_file.h"
#include "ds/cocofile/label_hierarchy.h"
#include "ds/metrics/evaluation.h"
#include "ds/metrics/input_audit.h"
#include "ds/metrics/lvis.h"
#include "ds/metrics/open_images.h"
#include "ds/metrics/pascal_voc.h"
#include "ds/report/comparison.h"
#include "ds/report/evaluation_tables.h"
#include "ds/report/leaderboard.h"
#include "printing.h"
#include "protocols.h"
#include "verbs.h"

namespace ds::compare_tool {

namespace {

struct FilesOptions {
  std::string truth;
  std::vector<std::string> detections;
  std::string protocol = "coco";
  std::string iou = "box";
  std::string hierarchy;
  std::optional<double> confidence;
  std::vector<std::string> max_detections = {"1", "10", "100"};
  std::string compat = "none";
  std::string same_names = "warn";
  bool strict = false;
  bool per_class = false;
  bool confusion = false;
  std::string sort = "AP";
  BootstrapFlags bootstrap{0};
  TableOptions table;

  bool is_coco() const { return protocol == "coco"; }
  OverlapOf overlap() const { return iou == "segm" ? OverlapOf::masks : OverlapOf::boxes; }

  /// Flags that mean nothing under a protocol are refused, not passed over.
  void validate() const {
    if (!hierarchy.empty() && protocol != "open-images")
      throw UsageError(fmt::format("--hierarchy belongs to --protocol open-images, not {}", protocol));
    if (iou == "segm" && !is_coco() && protocol != "lvis")
      throw UsageError(fmt::format("--protocol {} is defined for boxes", protocol), "leave --iou segm out");
    if (is_coco()) return;
    for (const auto& [given, flag] :
         {std::pair(confidence.has_value(), "conf"), std::pair(compat != "none", "compat"),
          std::pair(confusion, "confusion"), std::pair(bootstrap.resamples > 0, "resamples"),
          std::pair(sort != "AP", "sort"),
          std::pair(max_detections != FilesOptions().max_detections, "max-dets")})
      if (given) throw UsageError(fmt::format("--{} belongs to --protocol coco, not {}", flag, protocol));
  }

  CocoReadOptions read_options(const SharedOptions& shared) const {
    return {.compat_coco = compat == "coco",
            .with_masks = overlap() == OverlapOf::masks,
            .with_labels = !is_coco(),
            .merge_same_names = same_names == "merge",
            .threads = shared.effective_threads()};
  }

  EvaluateOptions evaluate_options(const SharedOptions& shared) const {
    EvaluateOptions options;
    options.confidence = confidence;
    options.match.compat_coco = compat == "coco";
    options.match.overlap = overlap();
    options.match.threads = shared.effective_threads();
    options.threads = shared.effective_threads();
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

/// What was found wrong in all files together.
class Audit {
 public:
  explicit Audit(bool strict) : strict_(strict) {}

  /// Says what the reader and the audit found; nothing twice.
  void say(std::vector<std::string>& warnings, const std::vector<std::string>& found) {
    for (const auto& text : found) {
      warnings.push_back(text);
      if (!said_.insert(text).second) continue;
      if (strict_)
        log::error(text);
      else
        log::warning(text);
    }
  }
  /// Throws DataError when anything was found and findings are errors.
  void finish() const {
    if (!strict_ || said_.empty()) return;
    throw DataError(fmt::format("{} in the input", counted(said_.size(), "finding")),
                    "mend the files, or leave --strict out");
  }

 private:
  bool strict_;
  std::set<std::string> said_;
};

std::vector<std::string> findings(const FilesOptions& o, const std::string& path, const TruthTable& truth,
                                  const CocoDetections& read, const Matching& matching, double ap) {
  std::vector<std::string> texts;
  for (const auto& finding : audit_inputs(o.truth, truth, path, read.table, read.left_out, matching, ap)) {
    const bool settled = finding.kind == AuditKind::same_name && o.same_names != "warn";
    const bool of_coco = finding.kind != AuditKind::many_objects || o.is_coco();  // others have no such limit
    if (!settled && of_coco) texts.push_back(finding.text());
  }
  return texts;
}

ComparedModel evaluate_file(const FilesOptions& o, const std::string& path, const CocoTruth& truth,
                            CocoDetections read, const EvaluateOptions& options, Audit& audit) {
  std::vector<std::string> warnings;
  audit.say(warnings, truth.warnings);
  audit.say(warnings, read.warnings);
  if (options.match.compat_coco && read.table.boxes.empty())
    throw DataError(fmt::format("{}: no detections; pycocotools stops here with an IndexError", path),
                    "leave --compat coco out to count every object as missed");
  auto result = evaluate(truth.truth, read.table, options);
  audit.say(warnings,
            findings(o, path, truth.truth, read, result.matching, result.evaluation.precision.numbers.ap()));
  if (!options.match.compat_coco)
    say(warnings, pycocotools_differences(truth.truth, read.table, options.match));
  result.evaluation.warnings = std::move(warnings);
  result.evaluation.data.name = o.truth;
  return {std::move(result.evaluation), std::move(read.table), std::move(result.matching)};
}

ProtocolResult evaluate_protocol(const FilesOptions& o, const CocoTruth& truth, const DetectionTable& table,
                                 const SharedOptions& shared) {
  if (o.protocol == "voc07") return pascal_voc(truth.truth, table, VocYear::voc07);
  if (o.protocol == "voc12") return pascal_voc(truth.truth, table, VocYear::voc12);
  if (o.protocol == "lvis")
    return lvis(truth.truth, truth.labels, table, o.overlap(), shared.effective_threads());
  return open_images(truth.truth, truth.labels, table);
}

/// Calls `visit(path, truth, detections)` for each result file; the first is read together with the truth.
template <typename Visit>
void each_model(const FilesOptions& o, const CocoReadOptions& options, CocoTruth& truth, Visit visit) {
  auto first = read_coco_pair(o.truth, o.detections.front(), options);
  truth = std::move(first.first);
  visit(o.detections.front(), std::move(first.second));
  for (std::size_t i = 1; i < o.detections.size(); ++i)
    visit(o.detections[i], read_coco_detections(o.detections[i], truth.truth, options));
}

void print_details(Context& context, const FilesOptions& o, const std::vector<LeaderboardEntry>& entries) {
  for (const auto& entry : entries) {
    if (o.per_class) {
      context.out.line("");
      print(context, class_table(entry.evaluation), o.table);
    }
    if (o.confusion) {
      context.out.line("");
      print(context, confusion_table(entry.evaluation), o.table);
    }
  }
}

/// File names without folder and ending, or the paths where those would be the same.
/// @param name_of gives the name of a model, to read and to set
template <typename Model, typename NameOf>
void name_models(std::vector<Model>& models, const std::vector<std::string>& paths, NameOf name_of) {
  std::set<std::string> names;
  for (auto& model : models) names.insert(name_of(model));
  if (names.size() == models.size()) return;
  for (std::size_t i = 0; i < models.size(); ++i) name_of(models[i]) = paths[i];
}

void print_coco(Context& context, const FilesOptions& o, const std::vector<LeaderboardEntry>& entries) {
  if (context.shared.json) {
    const auto table = leaderboard_json(entries);
    context.out.json({{"format", table.at("format")},
                      {"version", table.at("version")},
                      {"protocol", o.protocol},
                      {"iou", o.iou},
                      {"models", table.at("models")}});
    return;
  }
  if (entries.size() == 1 && o.table.format == "text") {
    print(context, coco_table(entries.front().evaluation), o.table);
    context.out.line("");
  }
  auto table = leaderboard(entries);
  if (o.overlap() == OverlapOf::masks)
    table.notes.push_back("Overlaps and sizes are those of masks; RMSE is of the boxes around them.");
  print(context, table, o.table);
  print_details(context, o, entries);
}

int run_coco(Context& context, const FilesOptions& o) {
  auto options = o.evaluate_options(context.shared);
  Audit audit(o.strict);
  CocoTruth truth;
  std::vector<ComparedModel> models;
  each_model(o, o.read_options(context.shared), truth, [&](const std::string& path, CocoDetections read) {
    models.push_back(evaluate_file(o, path, truth, std::move(read), options, audit));
    options.fingerprint = models.back().evaluation.data.fingerprint;
  });
  audit.finish();
  name_models(models, o.detections, [](ComparedModel& m) -> std::string& { return m.evaluation.model.name; });
  auto entries =
      compare_models(truth.truth, std::move(models), bootstrap_options(o.bootstrap, context.shared));
  sort_entries(entries, o.sort);
  print_coco(context, o, entries);
  return 0;
}

int run_protocol(Context& context, const FilesOptions& o) {
  const auto options = o.evaluate_options(context.shared);
  Audit audit(o.strict);
  CocoTruth truth, judged;  // as read, and with what the hierarchy implies
  std::vector<ProtocolResult> results;
  each_model(
      o, o.read_options(context.shared), truth, [&](const std::string& path, const CocoDetections& read) {
        std::vector<std::string> warnings;
        audit.say(warnings, truth.warnings);
        audit.say(warnings, read.warnings);
        const auto matching = match(truth.truth, read.table, options.match);
        audit.say(warnings,
                  findings(o, path, truth.truth, read, matching, average_precision(matching).numbers.ap()));
        if (results.empty() && !o.hierarchy.empty()) {
          judged = truth;
          expand_labels(read_label_hierarchy(o.hierarchy), judged.truth, judged.labels);
        }
        results.push_back(
            evaluate_protocol(o, o.hierarchy.empty() ? truth : judged, read.table, context.shared));
        say(warnings, results.back().warnings);
        results.back().warnings = std::move(warnings);
      });
  audit.finish();
  name_models(results, o.detections, [](ProtocolResult& r) -> std::string& { return r.model; });
  sort_results(results);
  if (context.shared.json) {
    context.out.json(protocol_json(results, o.iou));
    return 0;
  }
  print(context, protocol_table(results), o.table);
  for (const auto& result : results) {
    if (!o.per_class) continue;
    context.out.line("");
    print(context, protocol_class_table(result), o.table);
  }
  return 0;
}

}  // namespace

void add_files(Tool& tool) {
  auto& verb =
      tool.verb("files", "evaluate COCO result files against a COCO ground truth; no project needed");
  verb.honours({Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<FilesOptions>();
  verb.describe(R"(
      The numbers equal pycocotools' to the last digit, of boxes and of masks. Where pycocotools is
      wrong (annotation id 0, repeated ids, limits without 100) the right number is given and a warning
      says by how much it differs.

      Other benchmarks' rules: --protocol.

      Before any number the files are looked over, and what looks wrong is said with what AP would be if
      it were read the other way; nothing is changed.)")
      .example("ds-compare files instances_val.json nano.json tiny.json")
      .example("ds-compare files gt.json dt.json --resamples 1000 --per-class --json")
      .example("ds-compare files gt.json masks.json --iou segm --strict")
      .example("ds-compare files voc.json dt.json --protocol voc07 --per-class")
      .argument("gt", o.truth, "COCO ground truth (images, annotations, categories)")
      .arguments("dt", o.detections, "COCO result files, one a model");
  verb.options()
      .choice("protocol", o.protocol, {"coco", "voc07", "voc12", "lvis", "open-images"},
              "whose rules count (docs/METRICS.md says them)")
      .choice("iou", o.iou, {"box", "segm"}, "overlaps of boxes or of masks")
      .add("hierarchy", o.hierarchy,
           "open-images: JSON of the classes above each class, to expand the truth by", "FILE")
      .add("conf", o.confidence, kConfidenceHelp)
      .within(0, 1)
      .add("max-dets", o.max_detections, "limits of detections per image and class, for AR and AP", "A,B,C")
      .choice("compat", o.compat, {"none", "coco"}, "repeat pycocotools' faults, for the very same number")
      .choice("same-names", o.same_names, {"warn", "apart", "merge"},
              "classes of one name: apart as pycocotools counts them, warn that they are, or merge them")
      .add("strict", o.strict, "what looks wrong in the files is an error (exit 3)")
      .add("per-class", o.per_class, "also a table of classes for each model")
      .add("confusion", o.confusion, "also a confusion matrix for each model")
      .choice("sort", o.sort, sort_keys(), "number to sort the models by");
  o.bootstrap.bind(verb.options(), "; 0: no intervals");
  o.table.bind(verb.options());
  verb.run([&o](Context& context) {
    o.validate();
    return o.is_coco() ? run_coco(context, o) : run_protocol(context, o);
  });
}

}  // namespace ds::compare_tool

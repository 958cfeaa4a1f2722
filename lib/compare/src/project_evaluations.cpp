#include "ds/compare/project_evaluations.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "ds/metrics/coco_json.h"
#include "ds/project/project.h"

namespace ds {

namespace {

/// A model of the registry, or a file or folder outside it.
struct NamedModel {
  std::string id;
  std::string name;
  std::filesystem::path path;
};

NamedModel find_model(Project& project, const std::string& text) {
  std::error_code none;
  if (std::filesystem::exists(text, none) && text.find_first_of("/.") != text.npos) {
    const auto weights = is_model_bundle(text) ? resolve_model(text).weights : std::filesystem::path(text);
    return {"file-" + sha256_hex_of_file(weights).substr(0, 12), std::filesystem::path(text).stem().string(),
            text};
  }
  const auto record = project.models().get(text);
  return {record.id, record.name, record.folder};
}

/// Everything that changes the numbers, as one canonical text: equal text, equal evaluation.
std::string settings_text(const RunOptions& o) {
  nlohmann::ordered_json json;
  const auto& d = o.detector;
  json["engine"] = d.engine;
  json["score"] = d.score_threshold ? nlohmann::ordered_json(*d.score_threshold) : nlohmann::ordered_json();
  json["nms"] = d.nms_iou ? nlohmann::ordered_json(*d.nms_iou) : nlohmann::ordered_json();
  json["max_per_image"] = d.max_per_image;
  json["size"] = {d.input_width, d.input_height};
  json["architecture"] = d.architecture;
  json["classes"] = d.classes;
  json["conf"] =
      o.evaluate.confidence ? nlohmann::ordered_json(*o.evaluate.confidence) : nlohmann::ordered_json();
  json["resamples"] = o.evaluate.resamples;
  json["seed"] = o.evaluate.seed;
  return json.dump();
}

Evaluation read_results(const EvaluationRecord& record) {
  const auto file = record.folder / "results.json";
  return evaluation_from_json(read_file(file), file.string());
}

std::string no_evaluation_advice(const std::string& model, const StoredSelection& selection) {
  return fmt::format("run: ds-compare eval {}{}{}", model,
                     selection.snapshot.empty() ? "" : " --snapshot " + selection.snapshot,
                     selection.split.empty() ? "" : " --split " + selection.split);
}

/// Snapshot ids are recorded; a name or prefix has to be looked up.
StoredSelection resolved(Project& project, StoredSelection selection) {
  if (!selection.snapshot.empty()) selection.snapshot = project.snapshots().get(selection.snapshot).id;
  return selection;
}

bool fits(const EvaluationRecord& record, const StoredSelection& selection) {
  return (selection.snapshot.empty() || record.snapshot_id == selection.snapshot) &&
         (selection.split.empty() || record.split == selection.split);
}

EvalData data_of(Project& project, const EvaluationRecord& record) {
  auto data = project_data(project, record.snapshot_id, record.split);
  if (data.about.fingerprint != record.fingerprint)
    throw DataError(
        fmt::format(
            "evaluation {} was measured on another truth (fingerprint {}) than snapshot {} holds ({})",
            record.id, record.fingerprint.substr(0, 12), record.snapshot_id,
            data.about.fingerprint.substr(0, 12)),
        "evaluate the model again with --force");
  return data;
}

ComparedModel load(const EvaluationRecord& record, const EvalData& data) {
  auto evaluation = read_results(record);
  auto table = read_coco_detections(record.folder / "detections.json", data.truth).table;
  table.name = evaluation.model.name;
  auto matching = match(data.truth, table);
  evaluation.operating = operating_point(matching, evaluation.operating.threshold);
  evaluation.operating.chosen_on_this_set = !nlohmann::json::parse(record.settings)["conf"].is_number();
  return {std::move(evaluation), std::move(table), std::move(matching)};
}

/// Models that appear with several settings say which.
void tell_apart(std::vector<LeaderboardEntry>& entries) {
  std::multiset<std::string> names;
  for (const auto& entry : entries) names.insert(entry.evaluation.model.name);
  for (auto& entry : entries) {
    const auto& e = entry.evaluation;
    if (names.count(e.model.name) < 2) continue;
    entry.settings = fmt::format("{}x{}", e.inference.input_width, e.inference.input_height);
    if (!e.operating.chosen_on_this_set)
      entry.settings += fmt::format(" conf {}", shortest(e.operating.threshold));
  }
}

EvaluationRecord newest_of(Project& project, const std::string& model, const StoredSelection& selection) {
  const auto id = find_model(project, model).id;
  for (const auto& record : project.evaluations().list(id))
    if (fits(record, selection)) return record;
  throw UsageError(fmt::format("{} has no evaluation{}", model,
                               selection.split.empty() ? "" : " on split " + selection.split),
                   no_evaluation_advice(model, selection));
}

}  // namespace

StoredEvaluation evaluate_in_project(Project& project, const std::string& model,
                                     const ProjectEvalOptions& options, Progress& progress) {
  const auto named = find_model(project, model);
  const auto data = project_data(project, options.snapshot, options.split);
  EvaluationRecord record;
  record.model_id = named.id;
  record.snapshot_id = data.about.snapshot;
  record.split = options.split;
  record.fingerprint = data.about.fingerprint;
  record.settings = settings_text(options.run);
  record.id = EvaluationStore::id_of(record);
  if (const auto known = project.evaluations().find(record.id); known && !options.force)
    return {*known, read_results(*known), true};
  auto result = evaluate_model(named.path, named.name, data, options.run, progress);
  result.evaluation.model.id = named.id;
  record.metrics = result.evaluation.facts();
  record = project.evaluations().add(
      record, [&](const std::filesystem::path& folder) { write_evaluation(folder, result, data.truth); });
  return {record, std::move(result.evaluation), false};
}

Comparison compare_stored(Project& project, const StoredSelection& given, const BootstrapOptions& bootstrap) {
  const auto selection = resolved(project, given);
  const auto records = project.evaluations().list();
  const auto first =
      std::find_if(records.begin(), records.end(), [&](const auto& r) { return fits(r, selection); });
  if (first == records.end())
    throw UsageError(
        records.empty() ? "no model has been evaluated yet" : "no evaluation on this snapshot and split",
        no_evaluation_advice("MODEL", selection));
  Comparison comparison;
  comparison.data = data_of(project, *first);
  std::vector<ComparedModel> models;
  std::set<std::string> seen;
  for (const auto& record : records) {
    if (record.fingerprint != first->fingerprint || record.split != first->split)
      ++comparison.on_other_data;
    else if (seen.insert(record.model_id + record.settings).second)
      models.push_back(load(record, comparison.data));
  }
  comparison.entries = compare_models(comparison.data.truth, std::move(models), bootstrap);
  tell_apart(comparison.entries);
  return comparison;
}

GateResult gate_stored(Project& project, const std::string& baseline, const std::string& candidate,
                       const StoredSelection& given, const GateOptions& options) {
  const auto selection = resolved(project, given);
  const auto a = newest_of(project, baseline, selection);
  const auto b = newest_of(project, candidate, selection);
  require_same_fingerprint(baseline, a.fingerprint, candidate, b.fingerprint);
  const auto data = data_of(project, b);
  const auto ma = load(a, data);
  const auto mb = load(b, data);
  return gate(data.truth, {baseline, &ma.matching, ma.evaluation.facts()},
              {candidate, &mb.matching, mb.evaluation.facts()}, options);
}

}  // namespace ds

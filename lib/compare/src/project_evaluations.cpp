#include "ds/compare/project_evaluations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "ds/cocofile/coco_file.h"
#include "ds/project/find_model.h"
#include "ds/project/project.h"

namespace ds {

namespace {

/// A model of the registry, or a file or folder outside it.
struct NamedModel {
  std::string id;
  std::string name;
  std::filesystem::path path;
  bool registered = false;
};

/// A file or folder takes its id from its weights, wherever it lies.
NamedModel named_model(Project& project, const std::string& text) {
  const auto found = find_model(&project, text);
  if (found.record) return {found.id, found.record->name, found.path, true};
  const auto weights = is_model_bundle(found.path) ? resolve_model(found.path).weights : found.path;
  return {"file-" + sha256_hex_of_file(weights).substr(0, 12), found.path.stem().string(), found.path, false};
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

/// Settings without what only intervals depend on: evaluations that differ in nothing else are the same one.
std::string what_was_measured(const std::string& settings) {
  auto json = nlohmann::ordered_json::parse(settings);
  json.erase("resamples");
  json.erase("seed");
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

/// Ids are recorded; names and prefixes have to be looked up.
StoredSelection resolved(Project& project, StoredSelection selection) {
  if (!selection.snapshot.empty()) selection.snapshot = project.snapshots().get(selection.snapshot).id;
  return selection;
}

EvaluationRecord record_of(const NamedModel& model, const EvalData& data, const std::string& split,
                           const RunOptions& run) {
  EvaluationRecord record;
  record.model_id = model.id;
  record.snapshot_id = data.about.snapshot;
  record.split = split;
  record.fingerprint = data.about.fingerprint;
  record.settings = settings_text(run);
  record.id = EvaluationStore::id_of(record);
  return record;
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

/// Models that appear with several settings say which: the input, a threshold that was fixed, and what else
/// differs between those of one name; at last their ids.
void tell_apart(std::vector<LeaderboardEntry>& entries) {
  std::map<std::string, std::vector<LeaderboardEntry*>> by_name;
  for (auto& entry : entries) by_name[entry.evaluation.model.name].push_back(&entry);
  for (const auto& [name, same] : by_name) {
    if (same.size() < 2) continue;
    auto differ = [&same = same](auto value_of) {
      return std::any_of(same.begin(), same.end(), [&](const auto* one) {
        return value_of(one->evaluation.inference) != value_of(same.front()->evaluation.inference);
      });
    };
    const bool by_nms = differ([](const auto& s) { return s.nms_iou; });
    const bool by_score = differ([](const auto& s) { return s.score_threshold; });
    for (auto* entry : same) {
      const auto& e = entry->evaluation;
      entry->settings = fmt::format("{}x{}", e.inference.input_width, e.inference.input_height);
      if (!e.operating.chosen_on_this_set)
        entry->settings += fmt::format(" conf {}", shortest(e.operating.threshold));
      if (by_nms) entry->settings += fmt::format(" nms {}", shortest(e.inference.nms_iou));
      if (by_score) entry->settings += fmt::format(" min-score {}", shortest(e.inference.score_threshold));
    }
    // Different models of one name.
    std::multiset<std::string> settings;
    for (const auto* entry : same) settings.insert(entry->settings);
    for (auto* entry : same)
      if (settings.count(entry->settings) > 1) entry->settings += " " + entry->evaluation.model.id;
  }
}

/// The id under which a model's evaluations are stored: of the registry, of a file, or of what tables
/// call by this name.
std::string evaluated_id(Project& project, const std::string& text) {
  try {
    return named_model(project, text).id;
  } catch (const UsageError&) {
    std::set<std::string> ids, names, seen;
    for (const auto& record : project.evaluations().list()) {
      if (record.model_id == text) return text;
      if (!seen.insert(record.model_id).second) continue;
      const auto name = read_results(record).model.name;
      names.insert(name);
      if (name == text) ids.insert(record.model_id);
    }
    if (names.empty()) throw;
    if (ids.empty()) throw_unknown_name("evaluated model", text, {names.begin(), names.end()});
    if (ids.size() > 1)
      throw UsageError(fmt::format("several evaluated models are called {}", text),
                       fmt::format("name one by its id: {}", join({ids.begin(), ids.end()}, ", ")));
    return *ids.begin();
  }
}

/// Stored evaluations that fit, newest first; at least one.
std::vector<EvaluationRecord> selected(Project& project, const StoredSelection& selection) {
  std::set<std::string> wanted;
  for (const auto& model : selection.models) {
    const auto id = evaluated_id(project, model);
    const auto of_model = project.evaluations().list(id);
    if (std::none_of(of_model.begin(), of_model.end(), [&](const auto& r) { return fits(r, selection); }))
      throw UsageError(fmt::format("{} has no evaluation{}{}", model,
                                   selection.snapshot.empty() ? "" : " on snapshot " + selection.snapshot,
                                   selection.split.empty() ? "" : " on split " + selection.split),
                       no_evaluation_advice(model, selection));
    wanted.insert(id);
  }
  auto records = project.evaluations().list();
  const bool none = records.empty();
  std::erase_if(records, [&](const auto& r) { return !wanted.empty() && !wanted.contains(r.model_id); });
  const auto first =
      std::find_if(records.begin(), records.end(), [&](const auto& r) { return fits(r, selection); });
  if (first == records.end())
    throw UsageError(none ? "no model has been evaluated yet" : "no evaluation on this snapshot and split",
                     no_evaluation_advice("MODEL", selection));
  // Those before it are of other data, and counted as such.
  std::rotate(records.begin(), first, first + 1);
  return records;
}

EvaluationRecord newest_of(Project& project, const std::string& model, const StoredSelection& selection) {
  const auto id = evaluated_id(project, model);
  for (const auto& record : project.evaluations().list(id))
    if (fits(record, selection)) return record;
  throw UsageError(fmt::format("{} has no evaluation{}", model,
                               selection.split.empty() ? "" : " on split " + selection.split),
                   no_evaluation_advice(model, selection));
}

}  // namespace

ProjectEvaluations evaluate_in_project(Project& project, const std::vector<ProjectEvalRequest>& requests,
                                       const ProjectEvalOptions& options, Progress& progress) {
  std::vector<NamedModel> found;
  found.reserve(requests.size());
  for (const auto& request : requests) found.push_back(named_model(project, request.model));
  ProjectEvaluations result{project_data(project, options.snapshot, options.split), {}};
  std::vector<ModelToRun> to_run;
  std::vector<std::size_t> runs;  // beside them: whose request each is
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto& request = requests[i];
    const auto& named = found[i];
    auto run = options.run;
    if (request.confidence) run.evaluate.confidence = request.confidence;
    auto record = record_of(named, result.data, options.split, run);
    const auto known = project.evaluations().find(record.id);
    const bool is_repeated = std::any_of(result.models.begin(), result.models.end(),
                                         [&](const auto& other) { return other.record.id == record.id; });
    const bool reuse = is_repeated || (known && !options.force);
    if (!reuse) {
      to_run.push_back({named.path, named.name, run.evaluate.confidence, named.registered});
      runs.push_back(result.models.size());
    }
    result.models.push_back({known && reuse ? *known : record, {}, reuse});
  }
  auto fresh = to_run.empty() ? std::vector<ComparedModel>{}
                              : evaluate_models(to_run, result.data, options.run, progress);
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    auto& one = result.models[runs[i]];
    one.model = std::move(fresh[i]);
    one.model.evaluation.model.id = one.record.model_id;
    one.record.metrics = one.model.evaluation.facts();
    one.record = project.evaluations().add(one.record, [&](const std::filesystem::path& folder) {
      write_evaluation(folder, one.model, result.data.truth);
    });
  }
  for (auto& one : result.models)
    if (one.reused) {
      one.record = project.evaluations().find(one.record.id).value_or(one.record);
      one.model = load(one.record, result.data);
    }
  return result;
}

Comparison compare_stored(Project& project, const StoredSelection& given, const BootstrapOptions& bootstrap) {
  const auto selection = resolved(project, given);
  const auto records = selected(project, selection);
  Comparison comparison;
  const auto& first = records.front();
  comparison.data = data_of(project, first);
  std::set<std::string> seen;
  for (const auto& record : records) {
    // One evaluation of a model when models are asked for by name, else one of each of its settings.
    const auto key = record.model_id + (selection.models.empty() ? what_was_measured(record.settings) : "");
    if (record.fingerprint != first.fingerprint || record.split != first.split)
      ++comparison.on_other_data;
    else if (seen.insert(key).second)
      comparison.models.push_back(load(record, comparison.data));
  }
  std::stable_sort(comparison.models.begin(), comparison.models.end(), [](const auto& a, const auto& b) {
    return a.evaluation.precision.numbers.ap() > b.evaluation.precision.numbers.ap();
  });
  auto compared = compare_thoroughly(comparison.data.truth, comparison.models, bootstrap);
  comparison.entries = std::move(compared.entries);
  comparison.pairwise = std::move(compared.pairwise);
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

#include <fmt/format.h>

#include <map>
#include <thread>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/cocofile/coco_file.h"
#include "ds/detect/model_card.h"
#include "ds/metrics/evaluation.h"
#include "ds/metrics/gate.h"
#include "ds/project/project.h"
#include "ds/retrain/collect.h"
#include "ds/retrain/gate_rules.h"
#include "ds/retrain/project_stages.h"

/// The gate over two stored evaluations.
namespace ds {
namespace {

struct BothEvaluations {
  EvaluationRecord champion;
  EvaluationRecord challenger;
};

/// The newest pair that was measured on the cycle's test split with the same settings.
BothEvaluations evaluations_of(Project& project, const Cycle& cycle) {
  auto fits = [&](const EvaluationRecord& e) {
    return e.snapshot_id == cycle.snapshot_id && e.split == "test";
  };
  auto of_champion = project.evaluations().list(cycle.baseline_id);
  for (const auto& challenger : project.evaluations().list(cycle.challenger_id)) {
    if (!fits(challenger)) continue;
    for (const auto& champion : of_champion)
      if (fits(champion) && champion.settings == challenger.settings) return {champion, challenger};
  }
  throw DataError(
      fmt::format("{} and {} were not both measured on the test split of {} with the same settings",
                  cycle.baseline_id, cycle.challenger_id, cycle.snapshot_id),
      fmt::format("run: ds-compare eval {} {} --snapshot {}", cycle.baseline_id, cycle.challenger_id,
                  cycle.snapshot_id));
}

/// Where the test images came from; see collect_captures.
std::vector<TestPart> parts_of(Project& project, const TruthTable& truth, const std::string& deployment) {
  std::map<std::int64_t, std::string> origins;
  project.images().for_each(Filter::parse("split=test"), WithAnnotations::no,
                            [&](const Image& image) { origins[image.id] = image.origin; });
  std::vector<TestPart> parts;
  for (const auto& image : truth.images) {
    const auto& origin = origins[image.id];
    parts.push_back(origin == capture_origin(deployment, "holdout") ? TestPart::holdout
                    : origin.starts_with("capture:")                ? TestPart::other
                                                                    : TestPart::original);
  }
  return parts;
}

GateModel read_model(const ModelRecord& model, const EvaluationRecord& evaluation, const TruthTable& truth) {
  GateModel read;
  read.id = model.id;
  read.detections = read_coco_detections(evaluation.folder / "detections.json", truth).table;
  auto results = evaluation.folder / "results.json";
  read.facts = evaluation_from_json(read_file(results), results.string()).facts();
  read.classes = read_model_card(model.folder).classes;
  return read;
}

}  // namespace

CycleVerdict ProjectStages::gate(const Cycle& cycle) {
  auto champion = project_.models().get(cycle.baseline_id);
  auto challenger = project_.models().get(cycle.challenger_id);
  auto measured = evaluations_of(project_, cycle);
  require_same_fingerprint(champion.id, measured.champion.fingerprint, challenger.id,
                           measured.challenger.fingerprint);

  GateInput input;
  input.truth = truth_from_dataset(project_.snapshots().load(cycle.snapshot_id, Split::test));
  input.parts = parts_of(project_, input.truth, deployment_);
  input.champion = read_model(champion, measured.champion, input.truth);
  input.challenger = read_model(challenger, measured.challenger, input.truth);
  int threads =
      options_.threads > 0 ? options_.threads : static_cast<int>(std::thread::hardware_concurrency());

  CycleVerdict verdict;
  verdict.cycle_id = cycle.id;
  verdict.baseline_id = champion.id;
  verdict.challenger_id = challenger.id;
  verdict.snapshot_id = cycle.snapshot_id;
  verdict.fingerprint = measured.champion.fingerprint;
  verdict.decided_at = utc_now();
  verdict.rules = gate_rules(input, policy_, std::max(1, threads));
  return verdict;
}

}  // namespace ds

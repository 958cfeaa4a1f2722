#include "ds/retrain/project_stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "ds/project/project.h"
#include "ds/retrain/collect.h"
#include "ds/retrain/traffic.h"
#include "ds/serve/audit_log.h"
#include "project/label_counts.h"

/// Everything but training, evaluation and promotion, which have files of their own.
namespace ds {

ProjectStages::ProjectStages(Project& project, std::string deployment, RetrainPolicy policy,
                             RetrainFolder folder, StageOptions options)
    : project_(project),
      deployment_(std::move(deployment)),
      policy_(std::move(policy)),
      folder_(std::move(folder)),
      options_(std::move(options)) {}

CollectReport ProjectStages::collect() {
  return collect_captures(project_,
                          {.deployment = deployment_, .proposal_min_score = policy_.proposal_min_score});
}

CollectReport ProjectStages::look_at_captures() {
  return {.captures = uncollected_captures(project_, deployment_)};
}

LabelCounts ProjectStages::count_labels(const std::string& since_snapshot) {
  return detail::count_new_labels(project_, deployment_, since_snapshot);
}

std::string ProjectStages::champion() {
  return project_.deployments().get(deployment_).model_id;
}

std::string ProjectStages::snapshot_of(const std::string& model_id) {
  for (const auto& model : project_.models().list()) {
    if (model.id != model_id || model.snapshot_id.empty()) continue;
    for (const auto& snapshot : project_.snapshots().list())
      if (snapshot.id == model.snapshot_id) return snapshot.id;
  }
  return {};
}

std::string ProjectStages::make_snapshot() {
  auto strayed = project_.images().list(
      Filter::parse(fmt::format("origin=\"{}\" and split!=test", capture_origin(deployment_, "holdout"))),
      WithAnnotations::no, 1);
  if (!strayed.empty())
    throw DataError(fmt::format("'{}' belongs to the production holdout, but is in split {}", strayed[0].name,
                                to_string(strayed[0].split)),
                    "put it back into split test: what measures must never train");
  return project_.snapshots().create({}).id;
}

std::string ProjectStages::training_options() {
  // A recipe that is a file counts by its content: edited, it is another training.
  auto recipe =
      std::filesystem::is_regular_file(policy_.recipe) ? sha256_hex_of_file(policy_.recipe) : policy_.recipe;
  return fmt::format("recipe={}\narch={}\nepochs={}\nbudget={}\ninput={}\nwarm={}\nseed={}\noptions={}\n",
                     recipe, policy_.arch, policy_.epochs, policy_.budget_s, policy_.input_size,
                     policy_.warm_start, policy_.train_seed, join(policy_.train_options, ","));
}

TrafficSummary ProjectStages::traffic(double from, double until) {
  return summarize_traffic(project_.deployments().get(deployment_).folder, from, until);
}

std::vector<RetrainLogEntry> production_history(const Project& project, const std::string& deployment) {
  std::vector<RetrainLogEntry> moves;
  for (const auto& entry : AuditLog(project.folder() / "deployments" / deployment / "audit.jsonl").read()) {
    RetrainLogEntry move;
    move.number = static_cast<std::size_t>(entry.number);
    move.time = entry.time;
    move.user = entry.user;
    move.action = entry.action;
    move.fields = {{"to", entry.to_model}, {"generation", std::to_string(entry.generation)}};
    if (!entry.from_model.empty()) move.fields["from"] = entry.from_model;
    if (!entry.reason.empty()) move.fields["reason"] = entry.reason;
    move.previous = entry.previous;
    move.hash = entry.hash;
    moves.push_back(std::move(move));
  }
  return moves;
}

RetrainFolder retrain_folder(const Project& project, const std::string& deployment) {
  return RetrainFolder(project.folder() / "retrain" / deployment);
}

std::vector<std::string> deployments_with_policy(const Project& project) {
  std::vector<std::string> names;
  auto folder = project.folder() / "retrain";
  if (std::filesystem::exists(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (std::filesystem::exists(RetrainFolder(entry.path()).policy_file()))
        names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ds

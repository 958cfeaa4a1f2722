#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/retrain/policy.h"
#include "ds/retrain/retrain_log.h"
#include "ds/retrain/stages.h"

namespace ds {

class Project;

struct StageOptions {
  std::string user = "unknown";
  int threads = 0;  // of trainings and evaluations; 0: all processors
};

/// The stages over a real project: training and evaluation run as child processes of the sibling tools, so
/// that their memory is given back and a crash of theirs cannot hurt; everything else is done here.
class ProjectStages : public Stages {
 public:
  ProjectStages(Project& project, std::string deployment, RetrainPolicy policy, RetrainFolder folder,
                StageOptions options);

  CollectReport collect() override;
  /// How many captures wait to be collected (CollectReport::captures); changes nothing.
  CollectReport look_at_captures();
  LabelCounts count_labels(const std::string& since_snapshot) override;
  std::string champion() override;
  std::string snapshot_of(const std::string& model_id) override;
  std::string make_snapshot() override;
  std::string training_options() override;
  TrainResult train(const Cycle& cycle) override;
  void evaluate(const Cycle& cycle) override;
  CycleVerdict gate(const Cycle& cycle) override;
  PromoteResult promote(const Cycle& cycle) override;
  TrafficSummary traffic(double from, double until) override;
  PromoteResult roll_back(const std::string& from, const std::string& to, const std::string& reason) override;

 private:
  PromoteResult move_production(const std::string& from, const std::string& to, const std::string& action,
                                const std::string& reason);
  Project& project_;
  std::string deployment_;
  RetrainPolicy policy_;
  RetrainFolder folder_;
  StageOptions options_;
};

/// Every model that has been in production, oldest first, by the deployment's own audit log (which ds-deploy
/// writes too): entries with action, user, time and the fields from, to, generation, reason.
std::vector<RetrainLogEntry> production_history(const Project& project, const std::string& deployment);

/// PROJECT/retrain/<deployment>.
RetrainFolder retrain_folder(const Project& project, const std::string& deployment);
/// Deployments that have a policy, sorted.
std::vector<std::string> deployments_with_policy(const Project& project);

}  // namespace ds

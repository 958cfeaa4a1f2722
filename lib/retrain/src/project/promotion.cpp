#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/deploy/deployments.h"
#include "ds/project/project.h"
#include "ds/retrain/project_stages.h"

/// Compare-and-swap of what the deployment serves.
namespace ds {
namespace {

/// What keeps production from moving from `from` to `to`; empty when nothing does.
std::string obstacle(const DeploymentRecord& deployment, const std::string& from, const std::string& to) {
  if (deployment.model_id != from && deployment.model_id != to)
    return fmt::format("deployment '{}' serves {} by now, not {}", deployment.name, deployment.model_id,
                       from);
  return {};
}

}  // namespace

/// Deployments::change_model switches the running server, then record and alias in one transaction, then its
/// audit log, and completes what a crash has left: calling this again is safe.
PromoteResult ProjectStages::move_production(const std::string& from, const std::string& to,
                                             const std::string& action, const std::string& reason) {
  auto deployment = project_.deployments().get(deployment_);
  if (auto why = obstacle(deployment, from, to); !why.empty())
    return {.promoted = false, .generation = deployment.generation, .message = why};
  ModelChange change;
  change.action = action;
  change.user = options_.user;
  change.reason = reason;
  change.proof = reason;  // RetrainMachine has asked for a verdict, or for a person's reason
  if (deployment.model_id != to) change.expected_generation = deployment.generation;
  try {
    auto report = Deployments(project_).change_model(deployment_, to, change);
    return {.promoted = true, .generation = report.generation};
  } catch (const UsageError& error) {
    return {.promoted = false, .generation = deployment.generation, .message = error.what()};
  } catch (const DataError& error) {
    return {.promoted = false, .generation = deployment.generation, .message = error.what(), .refused = true};
  } catch (const Busy&) {
    // Somebody was faster between our look and the swap; anything else passes by itself.
    deployment = project_.deployments().get(deployment_);
    auto why = obstacle(deployment, from, to);
    if (why.empty()) throw;
    return {.promoted = false, .generation = deployment.generation, .message = why};
  }
}

PromoteResult ProjectStages::promote(const Cycle& cycle) {
  auto reason = cycle.forced_reason.empty() ? fmt::format("verdict of {}", cycle.verdict_of)
                                            : "forced: " + cycle.forced_reason;
  return move_production(cycle.baseline_id, cycle.challenger_id, "promote", reason);
}

PromoteResult ProjectStages::roll_back(const std::string& from, const std::string& to,
                                       const std::string& reason) {
  return move_production(from, to, "rollback", reason);
}

}  // namespace ds

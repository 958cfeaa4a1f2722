#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/deploy/deployments.h"
#include "ds/deploy/register_model.h"
#include "ds/notify/notify.h"
#include "ds/project/project.h"
#include "ds/serve/audit_log.h"
#include "local/server_file.h"
#include "production.h"

namespace ds {
namespace {

/// Compare-and-swap: throws Busy where production is not what the caller has seen.
void refuse_unexpected(const DeploymentRecord& record, const ModelChange& wanted) {
  if (wanted.expected_model && *wanted.expected_model != record.model_id)
    throw Busy(fmt::format("deployment {} serves {}, expected {}", record.name, record.model_id,
                           *wanted.expected_model),
               "somebody else changed it: look at it and decide again");
  if (wanted.expected_generation && *wanted.expected_generation != record.generation)
    throw Busy(fmt::format("deployment {} is at generation {}, expected {}", record.name, record.generation,
                           *wanted.expected_generation),
               "somebody else changed it: look at it and decide again");
}

void refuse_unproven(const DeploymentRecord& record, const std::string& model, const ModelChange& wanted) {
  if (wanted.action != "promote" || wanted.force || !wanted.proof.empty()) return;
  throw UsageError(fmt::format("no verdict says that {} passes against {}, which {} serves", model,
                               record.model_id, record.name),
                   "a gate is run by `ds-retrain run`; a person may take it on themselves with "
                   "--force --reason TEXT");
}

/// One change of model, from what was found to what is wanted, in the order that a crash
/// can be completed from.
class Change {
 public:
  Change(Project& project, DeploymentRecord record, std::string to_model, const ModelChange& wanted)
      : project_(project),
        record_(std::move(record)),
        to_model_(std::move(to_model)),
        wanted_(wanted),
        audit_(record_.folder / "audit.jsonl") {}

  ModelChangeReport run() {
    auto entries = audit_.read();
    ModelChangeReport report{false, record_.model_id, to_model_, record_.generation, false};
    if (record_.model_id == to_model_) {
      // Done already, unless a crash came between the record and the log.
      if (entries.empty() || entries.back().generation < record_.generation)
        append(entries.empty() ? "" : entries.back().to_model, record_.generation);
      return report;
    }
    refuse_change(record_, to_model_, wanted_);
    auto served = record_;
    served.model_id = to_model_;
    detail::prove(project_, served);
    report.live = switch_server();
    project_.transaction([&] {
      record_ = project_.deployments().swap_model(record_.name, to_model_, record_.generation);
      detail::follow_champions(project_);
    });
    append(report.from_model, record_.generation);
    report.changed = true;
    report.generation = record_.generation;
    tell(report);
    return report;
  }

 private:
  /// True when a server runs and now serves the model.
  bool switch_server() const {
    auto server = detail::running_server(record_.folder);
    if (!server) return false;
    auto live = nlohmann::json::parse(detail::ask_admin(*server, "GET", "/status"));
    auto live_model = live.at("model").get<std::string>();
    auto live_generation = live.at("generation").get<std::int64_t>();
    // A promotion that was killed after its server had switched.
    if (live_generation == record_.generation + 1 && live_model == to_model_) return true;
    if (live_generation != record_.generation || live_model != record_.model_id)
      throw Busy(
          fmt::format("the server of {} serves {} (generation {}), the project says {} (generation {})",
                      record_.name, live_model, live_generation, record_.model_id, record_.generation),
          fmt::format("start it anew: ds-deploy stop {0} && ds-deploy start {0}", record_.name));
    nlohmann::json body{{"model", to_model_},
                        {"path", std::filesystem::absolute(project_.models().get(to_model_).folder).string()},
                        {"generation", record_.generation + 1},
                        {"expected_generation", record_.generation}};
    detail::ask_admin(*server, "POST", "/swap", body.dump(), 300);
    return true;
  }

  void append(const std::string& from, std::int64_t generation) {
    AuditEntry entry;
    entry.user = wanted_.user;
    entry.action = wanted_.action;
    entry.from_model = from;
    entry.to_model = to_model_;
    entry.generation = generation;
    entry.reason = wanted_.reason.empty() ? wanted_.proof : wanted_.reason;
    audit_.append(std::move(entry));
  }

  void tell(const ModelChangeReport& report) {
    bool back = wanted_.action == "rollback";
    notify(project_, {{},
                      back ? "model-rolled-back" : "model-promoted",
                      fmt::format("{} {} {} (it was {})", record_.name, back ? "is back on" : "now serves",
                                  report.to_model, report.from_model),
                      {{"deployment", record_.name},
                       {"from", report.from_model},
                       {"to", report.to_model},
                       {"generation", std::to_string(report.generation)},
                       {"reason", wanted_.reason}}});
  }

  Project& project_;
  DeploymentRecord record_;
  std::string to_model_;
  const ModelChange& wanted_;
  AuditLog audit_;
};

}  // namespace

void refuse_change(const DeploymentRecord& record, const std::string& model_id, const ModelChange& change) {
  refuse_unexpected(record, change);
  if (record.model_id == model_id) return;  // nothing would change
  const auto entries = AuditLog(record.folder / "audit.jsonl").read();
  if (change.action == "promote" && !change.force && was_rolled_back(entries, model_id))
    throw UsageError(fmt::format("model {} was rolled back from deployment {}", model_id, record.name),
                     "promote it again only with --force and a reason");
  refuse_unproven(record, model_id, change);
}

ModelChangeReport Deployments::change_model(const std::string& name, const std::string& model,
                                            const ModelChange& change) {
  auto record = project_.deployments().get(name);  // an unknown name is told before a lock is made for it
  auto to_model = registered_model(project_, model);
  if (!to_model) {  // what is refused is not registered either
    refuse_unexpected(record, change);
    refuse_unproven(record, model, change);
    to_model = register_model(project_, model);
  }
  auto lock = detail::lock_deployment(project_, name);
  return Change(project_, project_.deployments().get(name), *to_model, change).run();
}

std::string Deployments::rollback_model(const std::string& name) const {
  auto record = project_.deployments().get(name);
  auto target = rollback_target(AuditLog(record.folder / "audit.jsonl").read());
  if (!target)
    throw UsageError(fmt::format("deployment {} has no promotion to roll back", name),
                     "ds-deploy status shows what it serves; promote puts a model there");
  return *target;
}

ModelChangeReport Deployments::roll_back(const std::string& name, ModelChange change) {
  change.action = "rollback";
  return change_model(name, rollback_model(name), change);
}

}  // namespace ds

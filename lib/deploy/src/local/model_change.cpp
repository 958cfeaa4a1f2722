#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/deploy/deployments.h"
#include "ds/deploy/register_model.h"
#include "ds/notify/notify.h"
#include "ds/project/project.h"
#include "ds/serve/audit_log.h"
#include "local/server_file.h"

namespace ds {
namespace {

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
    check(entries);
    report.live = switch_server();
    project_.transaction([&] {
      auto champion = project_.models().alias("champion");
      record_ = project_.deployments().swap_model(record_.name, to_model_, record_.generation);
      if (champion != to_model_) project_.models().set_alias("champion", to_model_, champion);
    });
    append(report.from_model, record_.generation);
    report.changed = true;
    report.generation = record_.generation;
    tell(report);
    return report;
  }

 private:
  void check(const std::vector<AuditEntry>& entries) const {
    if (wanted_.expected_model && *wanted_.expected_model != record_.model_id)
      throw Busy(fmt::format("deployment {} serves {}, expected {}", record_.name, record_.model_id,
                             *wanted_.expected_model),
                 "somebody else changed it: look at it and decide again");
    if (wanted_.expected_generation && *wanted_.expected_generation != record_.generation)
      throw Busy(fmt::format("deployment {} is at generation {}, expected {}", record_.name,
                             record_.generation, *wanted_.expected_generation),
                 "somebody else changed it: look at it and decide again");
    if (wanted_.action == "promote" && !wanted_.force && was_rolled_back(entries, to_model_))
      throw UsageError(fmt::format("model {} was rolled back from deployment {}", to_model_, record_.name),
                       "promote it again only with --force and a reason");
  }

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
    entry.reason = wanted_.reason;
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

ModelChangeReport Deployments::change_model(const std::string& name, const std::string& model,
                                            const ModelChange& change) {
  project_.deployments().get(name);  // an unknown name is told before a lock is made for it
  auto to_model = register_model(project_, model);
  auto lock = detail::lock_deployment(project_, name);
  return Change(project_, project_.deployments().get(name), to_model, change).run();
}

ModelChangeReport Deployments::roll_back(const std::string& name, ModelChange change) {
  auto record = project_.deployments().get(name);
  auto target = rollback_target(AuditLog(record.folder / "audit.jsonl").read());
  if (!target)
    throw UsageError(fmt::format("deployment {} has no promotion to roll back", name),
                     "ds-deploy status shows what it serves; promote puts a model there");
  change.action = "rollback";
  return change_model(name, *target, change);
}

}  // namespace ds

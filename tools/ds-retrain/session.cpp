#include "session.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/notify/notify.h"

namespace ds::retrain_tool {
namespace {

RetrainPolicy load_policy(const Project& project, const std::string& deployment) {
  auto file = retrain_folder(project, deployment).policy_file();
  if (!std::filesystem::exists(file))
    throw UsageError(fmt::format("deployment '{}' has no retraining policy", deployment),
                     fmt::format("make one with `ds-retrain init {}`", deployment));
  return read_policy(file);
}

FileLock lock_retraining(Project& project) {
  try {
    return project.lock("retrain");
  } catch (const Busy& error) {
    throw AtWork(error.what(), error.advice());
  }
}

}  // namespace

void Target::bind(OptionSet& options) {
  options.add("deployment", deployment, "the deployment; not needed when only one has a policy", "NAME");
}

std::string choose_deployment(Project& project, const Target& target) {
  if (!target.deployment.empty()) return project.deployments().get(target.deployment).name;
  auto known = deployments_with_policy(project);
  if (known.size() == 1) return known[0];
  if (known.empty())
    throw UsageError("no deployment has a retraining policy yet",
                     "make one with `ds-retrain init DEPLOYMENT`");
  throw UsageError(fmt::format("several deployments have a policy: {}", join(known, ", ")),
                   "choose one with --deployment NAME");
}

Session::Session(const Context& context, const Target& target, Locked locked)
    : project_(tool::open_project(context)),
      deployment_(choose_deployment(project_, target)),
      lock_(locked == Locked::yes ? std::optional(lock_retraining(project_)) : std::nullopt),
      policy_(load_policy(project_, deployment_)),
      stages_(project_, deployment_, policy_, folder(),
              {.user = context.shared.effective_user(), .threads = context.shared.threads}),
      machine_(folder(), policy_, stages_, context.shared.effective_user()) {}

void Session::announce(const TickReport& report) {
  using Kind = TickReport::Kind;
  std::string kind;  // promotions and rollbacks are told by the deployment itself
  if (report.kind == Kind::rejected || report.kind == Kind::undecided) kind = "challenger-rejected";
  if (report.kind == Kind::failed) kind = "run-failed";
  if (kind.empty() && report.collected.new_images > 0) kind = "review-waiting";
  if (kind.empty()) return;
  Event event{.kind = kind, .message = report.message, .fields = {{"deployment", deployment_}}};
  if (kind == "review-waiting")
    event.message = fmt::format("Waiting for review: {} of '{}'.",
                                counted(report.collected.new_images, "captured image"), deployment_);
  if (!report.cycle_id.empty()) event.fields["cycle"] = report.cycle_id;
  notify(project_, event);
}

}  // namespace ds::retrain_tool

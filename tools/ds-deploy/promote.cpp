#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/deploy/deployments.h"
#include "ds/deploy/register_model.h"
#include "ds/retrain/machine.h"
#include "ds/retrain/project_stages.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct ChangeFlags {
  std::string name;
  std::string model;
  std::string reason;
  std::optional<int> expect_generation;
  bool force = false;

  void bind(OptionSet& options) {
    options.add("reason", reason, "stands in the audit log")
        .add("expect-generation", expect_generation, "only when the deployment is still at this generation")
        .at_least(1);
  }
  ModelChange change(const Context& context) const {
    ModelChange change;
    change.user = context.shared.effective_user();
    change.reason = reason;
    if (expect_generation) change.expected_generation = *expect_generation;
    change.force = force;
    return change;
  }
};

int print_change(Context& context, const std::string& name, const ModelChangeReport& report) {
  if (context.shared.json) {
    context.out.json({{"name", name},
                      {"changed", report.changed},
                      {"from", report.from_model},
                      {"to", report.to_model},
                      {"generation", report.generation},
                      {"live", report.live}});
  } else if (!report.changed) {
    context.out.line(fmt::format("{}: {} is in production already (generation {})", name, report.to_model,
                                 report.generation));
  } else {
    context.out.line(fmt::format("{}: {} -> {} (generation {}{})", name, report.from_model, report.to_model,
                                 report.generation,
                                 report.live ? ", switched in the running server" : ", not running"));
  }
  return 0;
}

/// `verdict of c-1a2b3c4d5e6f`; empty when no cycle of ds-retrain says that the model may take the other's place.
std::string proof_of(Project& project, const DeploymentRecord& record, const std::string& model) {
  auto folder = retrain_folder(project, record.name);
  auto cycle = passing_cycle(folder, folder.load(), record.model_id, model);
  return cycle ? "verdict of " + *cycle : "";
}

/// A dry run, which says also what would be refused.
int print_plan(Context& context, const DeploymentRecord& record, const std::string& model,
               const ModelChange& change) {
  refuse_change(record, model, change);
  return tool::would(context, fmt::format("take {} from {} to {}", record.name, record.model_id, model),
                     {{"name", record.name}, {"from", record.model_id}, {"to", model}});
}

int run_promote(Context& context, const ChangeFlags& flags) {
  auto project = tool::open_project(context);
  if (flags.force && flags.reason.empty())
    throw UsageError("--force needs a --reason", "say why: it stands in the audit log");
  auto record = project.deployments().get(flags.name);
  auto model = registered_model(project, flags.model).value_or(flags.model);
  auto change = flags.change(context);
  change.proof = proof_of(project, record, model);
  if (context.shared.dry_run) return print_plan(context, record, model, change);
  return print_change(context, flags.name,
                      Deployments(project).change_model(flags.name, flags.model, change));
}

int run_rollback(Context& context, const ChangeFlags& flags) {
  auto project = tool::open_project(context);
  Deployments deployments(project);
  auto change = flags.change(context);
  if (context.shared.dry_run) {
    change.action = "rollback";
    return print_plan(context, project.deployments().get(flags.name), deployments.rollback_model(flags.name),
                      change);
  }
  return print_change(context, flags.name, deployments.roll_back(flags.name, change));
}

}  // namespace

void add_promote(Tool& tool) {
  auto& verb = tool.verb("promote", "put another model into production");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<ChangeFlags>();
  flags.bind(verb.options());
  verb.options().add("force", flags.force,
                     "without a verdict, and also a model that was rolled back from; needs --reason");
  verb.describe(R"(
      The running server loads and warms the model beside the one it serves, then switches between two
      requests. The deployment's champion (champion.NAME) becomes this model, and
      deployments/NAME/audit.jsonl tells who, when and why.

      Nothing goes into production unproven: a verdict of `ds-retrain` must say that the model passes
      against the one that is served, or a person takes it on themselves with --force and --reason. In
      either case the model must give for a golden picture what it gave when it was measured.)")
      .example("ds-deploy promote gate-3 challenger --force --reason 'AP +0.03 on test'")
      .argument("name", flags.name, "deployment")
      .argument("model", flags.model,
                "model of the project (id, name or alias), or a path, which is then registered")
      .run([&flags](Context& context) { return run_promote(context, flags); });
}

void add_rollback(Tool& tool) {
  auto& verb = tool.verb("rollback", "put the model before the last promotion back into production");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<ChangeFlags>();
  flags.bind(verb.options());
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    return run_rollback(context, flags);
  });
}

}  // namespace ds::deploy_tool

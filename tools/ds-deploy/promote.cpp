#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/deploy/deployments.h"
#include "ds/project/find_model.h"
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
        .add("expect-generation", expect_generation, "only when the deployment is still at this generation");
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

int run_promote(Context& context, const ChangeFlags& flags) {
  auto project = tool::open_project(context);
  if (flags.force && flags.reason.empty())
    throw UsageError("--force needs a --reason", "say why: it stands in the audit log");
  if (context.shared.dry_run) {
    auto record = project.deployments().get(flags.name);
    context.out.line(fmt::format("{}: would go from {} to {}", flags.name, record.model_id,
                                 find_model(&project, flags.model).id));
    return 0;
  }
  return print_change(context, flags.name,
                      Deployments(project).change_model(flags.name, flags.model, flags.change(context)));
}

int run_rollback(Context& context, const ChangeFlags& flags) {
  auto project = tool::open_project(context);
  return print_change(context, flags.name, Deployments(project).roll_back(flags.name, flags.change(context)));
}

}  // namespace

void add_promote(Tool& tool) {
  auto& verb = tool.verb("promote", "put another model into production");
  auto& flags = verb.keep<ChangeFlags>();
  flags.bind(verb.options());
  verb.options().add("force", flags.force, "also a model that was rolled back from");
  verb.describe(R"(
      The running server loads and warms the model beside the one it serves, then switches between two
      requests. The project's champion becomes this model, and deployments/NAME/audit.jsonl tells who,
      when and why.)")
      .example("ds-deploy promote gate-3 challenger --reason 'AP +0.03 on test'")
      .argument("name", flags.name, "deployment")
      .argument("model", flags.model,
                "model of the project (id, name or alias), or a path, which is then registered")
      .run([&flags](Context& context) { return run_promote(context, flags); });
}

void add_rollback(Tool& tool) {
  auto& verb = tool.verb("rollback", "put the model before the last promotion back into production");
  auto& flags = verb.keep<ChangeFlags>();
  flags.bind(verb.options());
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    return run_rollback(context, flags);
  });
}

}  // namespace ds::deploy_tool

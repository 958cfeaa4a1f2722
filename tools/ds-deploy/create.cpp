#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/project/find_model.h"
#include "printing.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct CreateFlags {
  std::string name;
  std::string model = "champion";
  bool start = true;
  double wait_s = 120;
  ServeSettings settings;
};

int run_create(Context& context, const CreateFlags& flags) {
  auto project = tool::open_project(context);
  Deployments deployments(project);
  if (context.shared.dry_run) {
    DeploymentStore::require_name(flags.name);
    flags.settings.require_deployable();
    auto model = find_model(&project, flags.model).id;
    return tool::would(context, fmt::format("create {} with model {}", flags.name, model),
                       {{"name", flags.name}, {"model", model}});
  }
  deployments.create(flags.name, flags.model, flags.settings, context.shared.effective_user());
  print(context, flags.start ? deployments.start(flags.name, flags.wait_s) : deployments.status(flags.name));
  return 0;
}

}  // namespace

void add_create(Tool& tool) {
  auto& verb = tool.verb("create", "make a named deployment and start it in the background");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<CreateFlags>();
  verb.options()
      .group("Deployment")
      .add("model", flags.model,
           "model of the project (id, name or alias), or a path, which is then registered", "MODEL")
      .add("start", flags.start, "start it at once")
      .duration("wait", flags.wait_s, "how long to wait until it is ready");
  flags.settings.bind(verb.options());
  verb.describe(R"(
      The server goes on when the shell ends; start brings it back after a reboot. Its settings are
      changed by set. With --capture it keeps requests in deployments/NAME/captures for ds-retrain
      collect.)")
      .example("ds-deploy create gate-3 --model champion --port 8080 --capture uniform=0.05,interest")
      .argument("name", flags.name, "a-z, 0-9 and '-'")
      .run([&flags](Context& context) { return run_create(context, flags); });
}

}  // namespace ds::deploy_tool

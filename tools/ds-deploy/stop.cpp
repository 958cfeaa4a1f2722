#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/deploy/deployments.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

int run_stop(Context& context, const std::string& name) {
  auto project = tool::open_project(context);
  Deployments deployments(project);
  if (context.shared.dry_run) {
    auto status = deployments.status(name);
    bool runs = status.pid != 0;
    return tool::would(context,
                       runs ? fmt::format("stop {} (pid {})", name, status.pid)
                            : fmt::format("leave {} as it is: it does not run", name),
                       {{"name", name}, {"stops", runs}});
  }
  bool ran = deployments.stop(name);
  if (context.shared.json)
    context.out.json({{"name", name}, {"stopped", ran}});
  else
    context.out.line(ran ? fmt::format("{}: stopped", name) : fmt::format("{}: was not running", name));
  return 0;
}

}  // namespace

void add_stop(Tool& tool) {
  auto& verb = tool.verb("stop", "let a deployment finish its requests and end it");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& name = verb.keep<std::string>();
  verb.argument("name", name, "deployment").run([&name](Context& context) {
    return run_stop(context, name);
  });
}

}  // namespace ds::deploy_tool

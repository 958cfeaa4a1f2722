#include <fmt/format.h>

#include "common/project.h"
#include "ds/deploy/deployments.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

int run_destroy(Context& context, const std::string& name) {
  auto project = tool::open_project(context);
  if (context.shared.dry_run) {
    context.out.line(fmt::format("would destroy {} and what is in {}", name,
                                 project.deployments().get(name).folder.string()));
    return 0;
  }
  Deployments(project).destroy(name);
  context.out.line(fmt::format("{}: destroyed", name));
  return 0;
}

}  // namespace

void add_destroy(Tool& tool) {
  auto& verb = tool.verb("destroy", "remove a stopped deployment with its captures and logs");
  auto& name = verb.keep<std::string>();
  verb.argument("name", name, "deployment").run([&name](Context& context) {
    return run_destroy(context, name);
  });
}

}  // namespace ds::deploy_tool

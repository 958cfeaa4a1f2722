#include "common/project.h"
#include "printing.h"
#include "verbs.h"

namespace ds::deploy_tool {

void add_status(Tool& tool) {
  auto& verb = tool.verb("status", "what a deployment serves, where, and how it is doing");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& name = verb.keep<std::string>();
  verb.argument("name", name, "deployment").run([&name](Context& context) {
    auto project = tool::open_project(context);
    print(context, Deployments(project).status(name));
    return 0;
  });
}

}  // namespace ds::deploy_tool

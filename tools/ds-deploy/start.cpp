#include "common/project.h"
#include "printing.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct StartFlags {
  std::string name;
  double wait_s = 120;
};

}  // namespace

void add_start(Tool& tool) {
  auto& verb = tool.verb("start", "start a deployment in the background");
  auto& flags = verb.keep<StartFlags>();
  verb.options().duration("wait", flags.wait_s, "how long to wait until it is ready");
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    auto project = tool::open_project(context);
    print(context, Deployments(project).start(flags.name, flags.wait_s));
    return 0;
  });
}

}  // namespace ds::deploy_tool

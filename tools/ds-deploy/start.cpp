#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
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
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<StartFlags>();
  verb.options().duration("wait", flags.wait_s, "how long to wait until it is ready");
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    auto project = tool::open_project(context);
    Deployments deployments(project);
    if (context.shared.dry_run) {
      auto status = deployments.status(flags.name);
      bool runs = status.pid != 0;
      return tool::would(context,
                         runs ? fmt::format("leave {} as it is: it runs", flags.name)
                              : fmt::format("start {} with model {}", flags.name, status.record.model_id),
                         {{"name", flags.name}, {"model", status.record.model_id}, {"starts", !runs}});
    }
    print(context, deployments.start(flags.name, flags.wait_s));
    return 0;
  });
}

}  // namespace ds::deploy_tool

#include <fmt/format.h>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/deploy/deployments.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct LogFlags {
  std::string name;
  int lines = 50;
};

}  // namespace

void add_logs(Tool& tool) {
  auto& verb = tool.verb("logs", "the last lines of a deployment's log");
  verb.honours({Shared::project, Shared::dry_run});
  auto& flags = verb.keep<LogFlags>();
  verb.options().add("lines", flags.lines, "how many").at_least(1);
  verb.argument("name", flags.name, "deployment").run([&flags](Context& context) {
    auto project = tool::open_project(context);
    auto text = Deployments(project).log_tail(flags.name, static_cast<std::size_t>(flags.lines));
    if (!text.empty()) context.out.line(text);
    return 0;
  });
}

}  // namespace ds::deploy_tool

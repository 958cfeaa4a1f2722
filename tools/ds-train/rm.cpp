#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common.h"
#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

struct RemoveFlags {
  std::string run;
};

int remove(Context& context, const RemoveFlags& flags) {
  auto project = tool::open_project(context);
  auto run = project.runs().get(flags.run);
  if (run.state == RunState::running)
    throw UsageError(fmt::format("run {} is going on", run.id),
                     fmt::format("stop it first: ds-train stop {}", run.id));
  if (!context.shared.dry_run) project.runs().remove(run.id);
  if (context.shared.json)
    context.out.json({{"run", run.id}, {"removed", !context.shared.dry_run}});
  else
    context.out.line(fmt::format("{} {}", tool::did(context, "removed", "would remove"), run.id));
  return 0;
}

}  // namespace

void add_rm(Tool& tool) {
  auto& verb = tool.verb("rm", "remove a run with its checkpoints; its model stays");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<RemoveFlags>();
  verb.argument("run", flags.run, "run id, unique beginning of one, or latest");
  verb.run([&flags](Context& context) { return remove(context, flags); });
}

}  // namespace ds::train_tool

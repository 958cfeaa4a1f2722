#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/deploy/deployments.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct DestroyFlags {
  std::string name;
  bool yes = false;
  bool captures = false;
};

/// `its record, audit.jsonl, log.txt (2 kB)`.
std::string going_text(const DestroyPlan& plan, bool with_captures) {
  std::vector<std::string> what;
  if (!plan.model_id.empty()) what.emplace_back("its record");
  what.insert(what.end(), plan.going.begin(), plan.going.end());
  if (with_captures && plan.captures > 0) what.push_back(counted(plan.captures, "captured picture"));
  if (what.empty()) return "nothing";
  return fmt::format("{} ({})", join(what, ", "),
                     human_bytes(plan.going_bytes + (with_captures ? plan.capture_bytes : 0)));
}

/// What stays; empty when nothing does.
std::string staying_text(const DestroyPlan& plan, bool with_captures) {
  if (with_captures || plan.captures == 0) return {};
  return fmt::format("{} ({}) in {}", counted(plan.captures, "captured picture"),
                     human_bytes(plan.capture_bytes), (plan.folder / "captures").string());
}

nlohmann::ordered_json destroy_json(const DestroyFlags& flags, const DestroyPlan& plan) {
  return {{"name", flags.name},
          {"model", plan.model_id},
          {"files", plan.going},
          {"captures", plan.captures},
          {"captures_removed", flags.captures}};
}

/// Asks on a terminal; throws UsageError where there is none, and where the answer is no.
void require_yes(const DestroyFlags& flags, const DestroyPlan& plan) {
  if (flags.yes) return;
  const auto stays = staying_text(plan, flags.captures);
  const auto what = fmt::format("destroying {} removes {}{}", flags.name, going_text(plan, flags.captures),
                                stays.empty() ? "" : "; what stays: " + stays);
  if (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0)
    throw UsageError(what, "say --yes to do it; --captures removes captured pictures, too");
  fmt::print(stderr, "{}\nDo it? [y/N] ", what);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "yes") throw UsageError("nothing was removed");
}

int run_destroy(Context& context, const DestroyFlags& flags) {
  auto project = tool::open_project(context);
  Deployments deployments(project);
  const auto plan = deployments.look_at_destroy(flags.name);
  const auto gone = going_text(plan, flags.captures);
  const auto stays = staying_text(plan, flags.captures);
  if (context.shared.dry_run)
    return tool::would(context,
                       fmt::format("remove {}{}", gone, stays.empty() ? "" : "; what stays: " + stays),
                       destroy_json(flags, plan));
  require_yes(flags, plan);
  deployments.destroy(flags.name, flags.captures);
  if (context.shared.json) {
    context.out.json(destroy_json(flags, plan));
    return 0;
  }
  context.out.line(fmt::format("{}: removed {}", flags.name, gone));
  if (!stays.empty()) context.out.line(fmt::format("{}: kept {}", flags.name, stays));
  return 0;
}

}  // namespace

void add_destroy(Tool& tool) {
  auto& verb = tool.verb("destroy", "remove a stopped deployment with its settings, logs and history");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<DestroyFlags>();
  verb.options()
      .add("yes", flags.yes, "do not ask; needed where there is no terminal to ask on")
      .add("captures", flags.captures, "remove its captured pictures, too");
  verb.describe(R"(
      Captured pictures stay in deployments/NAME/captures for `ds-retrain collect`, should a deployment
      of that name be created again; `destroy NAME --captures` removes them then, too. Models and the
      folder retrain/NAME stay. Killed half-way, the same command removes the rest.)")
      .example("ds-deploy destroy gate-3 --dry-run")
      .example("ds-deploy destroy gate-3 --yes")
      .argument("name", flags.name, "deployment")
      .run([&flags](Context& context) { return run_destroy(context, flags); });
}

}  // namespace ds::deploy_tool

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/deploy/deployments.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct SetFlags {
  std::string name;
  bool restart = false;
  double wait_s = 120;
  ServeSettings settings;  // only what was said counts
};

nlohmann::ordered_json changes_json(const std::string& name, const std::vector<SettingChange>& changes) {
  nlohmann::ordered_json json{{"name", name}, {"changes", nlohmann::ordered_json::object()}};
  for (const auto& each : changes) json["changes"][each.name] = {{"from", each.from}, {"to", each.to}};
  return json;
}

std::string changes_text(const std::vector<SettingChange>& changes) {
  std::vector<std::string> parts;
  auto shown = [](const std::string& value) { return value.empty() ? "(none)" : value; };
  for (const auto& each : changes)
    parts.push_back(fmt::format("{} {} -> {}", each.name, shown(each.from), shown(each.to)));
  return join(parts, ", ");
}

int run_set(Context& context, const SetFlags& flags, const OptionSet& given) {
  auto project = tool::open_project(context);
  Deployments deployments(project);
  const auto record = project.deployments().get(flags.name);
  auto settings = ServeSettings::from_yaml(record.options, flags.name);
  OptionSet names;
  ServeSettings().bind(names);
  bool said = false;
  for (const auto& option : given.options())
    for (const auto& name : names.options())
      said = said || (option.name == name.name && option.source != ValueSource::built_in);
  if (!said)
    throw UsageError("nothing to set was given", "name a setting: --capture uniform=0.05, --port 8081 ...");
  const auto changes = settings.take(given);
  const bool is_running = deployments.status(flags.name).pid != 0;
  const bool restarts = is_running && flags.restart && !changes.empty();
  auto json = changes_json(flags.name, changes);
  json["restarted"] = restarts;
  if (context.shared.dry_run) {
    settings.to_options(0);
    return tool::would(context,
                       fmt::format("set {}: {}{}", flags.name,
                                   changes.empty() ? "nothing, it is so already" : changes_text(changes),
                                   restarts ? ", and start it anew" : ""),
                       json);
  }
  if (!changes.empty()) deployments.change_settings(flags.name, settings);
  if (restarts) {
    deployments.stop(flags.name);
    deployments.start(flags.name, flags.wait_s);
  }
  if (context.shared.json) return context.out.json(json), 0;
  context.out.line(
      fmt::format("{}: {}", flags.name, changes.empty() ? "it is so already" : changes_text(changes)));
  if (restarts)
    context.out.line(fmt::format("{}: started anew", flags.name));
  else if (is_running && !changes.empty())
    context.out.line(
        fmt::format("{0}: the running server goes on as it was; start it anew: "
                    "ds-deploy stop {0} && ds-deploy start {0}",
                    flags.name));
  return 0;
}

}  // namespace

void add_set(Tool& tool) {
  auto& verb = tool.verb("set", "change how a deployment is served, without destroying it");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<SetFlags>();
  verb.options()
      .group("Deployment")
      .add("restart", flags.restart, "stop and start a running server, so that it counts at once")
      .duration("wait", flags.wait_s, "with --restart: how long to wait until it is ready");
  flags.settings.bind(verb.options());
  const auto& options = verb.options();
  verb.describe(R"(
      Only what is said changes; the defaults in this help are not applied. It counts from the server's
      next start on. The model is changed by promote.)")
      .example("ds-deploy set gate-3 --capture uniform=0.05,interest --restart")
      .argument("name", flags.name, "deployment")
      .run([&flags, &options](Context& context) { return run_set(context, flags, options); });
}

}  // namespace ds::deploy_tool

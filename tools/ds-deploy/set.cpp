#include <fmt/format.h>

#include <algorithm>
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

/// Whether `given` says anything about how it is served.
bool says_something(const OptionSet& given) {
  OptionSet settings;
  ServeSettings().bind(settings);
  return std::any_of(given.options().begin(), given.options().end(), [&](const Option& said) {
    return said.source != ValueSource::built_in &&
           std::any_of(settings.options().begin(), settings.options().end(),
                       [&](const Option& setting) { return setting.name == said.name; });
  });
}

void print_changes(Context& context, const std::string& name, const std::vector<SettingChange>& changes,
                   bool is_running, bool restarts) {
  if (changes.empty()) return context.out.line(name + ": it is so already");
  context.out.line(fmt::format("{}: {}", name, changes_text(changes)));
  if (restarts)
    context.out.line(fmt::format("{}: started anew", name));
  else if (is_running)
    context.out.line(
        fmt::format("{0}: the running server goes on as it was; start it anew: "
                    "ds-deploy stop {0} && ds-deploy start {0}",
                    name));
}

int run_set(Context& context, const SetFlags& flags, const OptionSet& given) {
  auto project = tool::open_project(context);
  Deployments deployments(project);
  auto settings = ServeSettings::from_yaml(project.deployments().get(flags.name).options, flags.name);
  if (!says_something(given))
    throw UsageError("nothing to set was given", "name a setting: --capture uniform=0.05, --port 8081 ...");
  const auto changes = settings.take(given);
  const bool is_running = deployments.status(flags.name).pid != 0;
  const bool restarts = is_running && flags.restart && !changes.empty();
  auto json = changes_json(flags.name, changes);
  json["restarted"] = restarts;
  if (context.shared.dry_run) {
    settings.require_deployable();
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
  if (context.shared.json)
    context.out.json(json);
  else
    print_changes(context, flags.name, changes, is_running, restarts);
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

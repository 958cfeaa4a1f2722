#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/error.h"
#include "session.h"
#include "verbs.h"

namespace ds::retrain_tool {
namespace {

struct LogFlags {
  Target target;
  std::string at;
};

nlohmann::ordered_json to_json(const RetrainLogEntry& entry) {
  nlohmann::ordered_json json{{"number", entry.number},
                              {"time", entry.time},
                              {"user", entry.user},
                              {"action", entry.action},
                              {"fields", nlohmann::ordered_json::object()},
                              {"hash", entry.hash}};
  for (const auto& [name, value] : entry.fields) json["fields"][name] = value;
  return json;
}

/// `cycle=c-1 from=m-1 to=m-2`; hashes are for machines.
std::string fields_text(const RetrainLogEntry& entry) {
  std::string text;
  for (const auto& [name, value] : entry.fields)
    if (name != "sha256") text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, value);
  return text;
}

int print_at(Context& context, const std::vector<RetrainLogEntry>& entries, const LogFlags& flags,
             const std::string& deployment) {
  auto found = in_production_at(entries, flags.at);
  if (!found)
    throw DataError(fmt::format("the audit log of '{}' does not reach back to {}", deployment, flags.at),
                    entries.empty() ? "" : "its first entry is of " + entries.front().time);
  if (context.shared.json) {
    context.out.json(to_json(*found));
    return 0;
  }
  context.out.line(fmt::format("{} was in production at {}: since {}, {} by {}", found->fields.at("to"),
                               flags.at, found->time, found->action, found->user));
  return 0;
}

int run_log(Context& context, const LogFlags& flags) {
  auto project = tool::open_project(context);
  auto deployment = choose_deployment(project, flags.target);
  if (!flags.at.empty()) return print_at(context, production_history(project, deployment), flags, deployment);
  auto entries = RetrainLog(retrain_folder(project, deployment).audit_file()).list();
  if (context.shared.json) {
    for (const auto& entry : entries) context.out.json_line(to_json(entry));
    return 0;
  }
  Table table;
  table.column("#", Table::Align::right).column("time").column("who").column("what").column("about");
  for (const auto& entry : entries)
    table.row({std::to_string(entry.number), entry.time, entry.user, entry.action, fields_text(entry)});
  if (!entries.empty()) context.out.text(table.to_text());
  return 0;
}

}  // namespace

void add_log(Tool& tool) {
  auto& verb = tool.verb("log", "the audit log: what was decided and what was in production when");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<LogFlags>();
  flags.target.bind(verb.options());
  verb.describe(R"(
      Each entry carries the hash of the one before; a changed, removed or added entry is found and
      named (exit code 3).)")
      .example("ds-retrain log --at 2026-11-22T09:30:00Z");
  verb.options().add("at", flags.at, "what was in production at this time (UTC)", "TIME");
  verb.run([&flags](Context& context) { return run_log(context, flags); });
}

}  // namespace ds::retrain_tool

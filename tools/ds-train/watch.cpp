#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "common.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

struct WatchFlags {
  std::string run = "latest";
  double every_s = 2;
  bool once = false;
};

std::string line_of(const RunRecord& run) {
  auto status = RunFolder(run.folder).read_status();
  if (!status) return fmt::format("{}  {}", run.id, to_string(run.state));
  auto text =
      fmt::format("{}  {}  {}  epoch {}{}", run.id, to_string(run.state), status->title, status->epoch,
                  status->epochs > 0 ? fmt::format("/{}", status->epochs) : std::string());
  text += fmt::format("  loss {:.2f}  AP {} (best {})", status->loss, score_text(status->ap),
                      score_text(status->best_ap));
  if (run.state != RunState::running) return text + (run.message.empty() ? "" : "  " + run.message);
  text += fmt::format("  {:.1f} images/s", status->images_per_s);
  if (status->eta_s) text += fmt::format("  {} left", human_duration(*status->eta_s));
  return text;
}

nlohmann::ordered_json json_of(const RunRecord& run) {
  auto json = run_json(run);
  if (auto status = RunFolder(run.folder).read_status())
    json["status"] = nlohmann::ordered_json::parse(to_json_text(*status));
  return json;
}

/// The run and the candidates beside it, oldest first.
std::vector<RunRecord> group_of(Project& project, const std::string& id) {
  auto named = project.runs().get(id);
  std::vector<RunRecord> group;
  for (const auto& run : project.runs().list())
    if (run.id == named.id || (!named.group.empty() && run.group == named.group))
      group.insert(group.begin(), run);
  return group;
}

bool is_live(const RunRecord& run) {
  return run.state == RunState::running || run.state == RunState::queued;
}

int watch(Context& context, const WatchFlags& flags) {
  auto project = open_project(context);
  const bool redraw = isatty(STDOUT_FILENO) != 0 && !context.shared.json;
  std::vector<std::string> shown;
  auto id = project.runs().get(flags.run).id;
  while (true) {
    std::vector<std::string> lines;
    bool live = false;
    for (const auto& run : group_of(project, id)) {
      lines.push_back(context.shared.json ? json_of(run).dump() : line_of(run));
      live = live || is_live(run);
    }
    if (redraw && !shown.empty()) context.out.text(fmt::format("\033[{}A\033[J", shown.size()));
    for (const auto& line : lines)
      if (redraw || std::find(shown.begin(), shown.end(), line) == shown.end()) context.out.line(line);
    context.out.flush();
    shown = std::move(lines);
    if (flags.once || !live) return 0;
    std::this_thread::sleep_for(std::chrono::duration<double>(flags.every_s));
    throw_if_stopped();
  }
}

}  // namespace

void add_watch(Tool& tool) {
  auto& verb = tool.verb("watch", "follow a run and the candidates beside it until they end");
  auto& flags = verb.keep<WatchFlags>();
  verb.argument("run", flags.run, "run id, unique beginning of one, or latest (the default)", false);
  verb.options()
      .duration("every", flags.every_s, "time between two looks")
      .add("once", flags.once, "look once and stop");
  verb.example("ds-train watch").example("ds-train watch latest --once --json");
  verb.run([&flags](Context& context) { return watch(context, flags); });
}

}  // namespace ds::train_tool

#include "ds/runs/watch.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "common.h"
#include "common/project.h"
#include "ds/base/clock.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

/// Between two candidates nothing is running for a moment: only after so many looks the queue is given up.
constexpr int kIdleLooks = 5;

struct WatchFlags {
  std::string run = "latest";
  double every_s = 2;
  bool once = false;
};

nlohmann::ordered_json state_json(const RunView& run) {
  auto json = run_json(run.record);
  if (run.status) json["status"] = nlohmann::ordered_json::parse(to_json_text(*run.status));
  return json;
}

/// What the locale's variables ask for.
bool is_utf8_terminal() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
      auto text = to_lower(value);
      return text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
    }
  return false;
}

WatchScreen this_terminal() {
  WatchScreen screen{.unicode = is_utf8_terminal()};
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return screen;
  if (size.ws_col > 0) screen.columns = size.ws_col;
  // The cursor stands in a row of its own.
  if (size.ws_row > 1) screen.rows = size.ws_row - 1U;
  return screen;
}

/// Draws over what it drew before, without a moment of an empty screen.
class LiveView {
 public:
  explicit LiveView(Output& out) : out_(out) {}

  void draw(const std::vector<RunView>& runs, bool queue_is_left) {
    const auto screen = this_terminal();
    auto lines = watch_screen(runs, screen, queue_is_left);
    std::string text;
    if (auto rows = rows_now(screen.columns); rows > 0) text = fmt::format("\033[{}A\r", rows);
    for (const auto& line : lines) text += line + "\033[K\n";
    out_.text(text + "\033[J");
    out_.flush();
    shown_ = std::move(lines);
  }

 private:
  /// Rows that the last drawing takes at today's width: a terminal made narrower wraps it.
  std::size_t rows_now(std::size_t columns) const {
    std::size_t rows = 0;
    for (const auto& line : shown_)
      rows += std::max<std::size_t>(1, (display_width(line) + columns - 1) / columns);
    return rows;
  }

  Output& out_;
  std::vector<std::string> shown_;
};

/// A line a run whenever it says something new; the sum over all at the end.
class ChangeList {
 public:
  ChangeList(Output& out, bool json) : out_(out), json_(json) {}

  void draw(const std::vector<RunView>& runs, bool queue_is_left, bool last) {
    std::vector<std::string> lines;
    for (const auto& run : runs) {
      lines.push_back(json_ ? state_json(run).dump() : watch_line(run, queue_is_left));
      if (std::find(shown_.begin(), shown_.end(), lines.back()) == shown_.end()) out_.line(lines.back());
    }
    if (last && !json_ && runs.size() > 1) out_.line(watch_summary(runs, queue_is_left));
    out_.flush();
    shown_ = std::move(lines);
  }

 private:
  Output& out_;
  bool json_;
  std::vector<std::string> shown_;
};

void wait(double seconds) {
  Stopwatch watch;
  while (watch.seconds() < seconds) {
    throw_if_stopped();
    std::this_thread::sleep_for(std::chrono::duration<double>(std::min(0.05, seconds)));
  }
  throw_if_stopped();
}

int watch(Context& context, const WatchFlags& flags) {
  auto project = tool::open_project(context);
  const auto id = project.runs().get(flags.run).id;
  LiveView view(context.out);
  ChangeList list(context.out, context.shared.json);
  const bool live_view = isatty(STDOUT_FILENO) != 0 && !context.shared.json;
  for (int idle = 0;;) {
    auto runs = look_at_group(project, id);
    const bool any_live =
        std::any_of(runs.begin(), runs.end(), [](const auto& run) { return run.is_live(); });
    idle = any_live && !is_somebody_at_work(runs) ? idle + 1 : 0;
    const bool queue_is_left = idle >= kIdleLooks;
    const bool last = flags.once || !any_live || queue_is_left;
    if (live_view)
      view.draw(runs, queue_is_left);
    else
      list.draw(runs, queue_is_left, last);
    if (last) return 0;
    wait(flags.every_s);
  }
}

}  // namespace

void add_watch(Tool& tool) {
  auto& verb = tool.verb("watch", "follow a run and the candidates beside it until they end");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<WatchFlags>();
  verb.describe(R"(
      On a terminal: one view that is drawn anew, with curves of val AP and loss where there is room.
      Into a file or pipe: a line a run whenever it has something new.

      left: what a run expects itself; ~ for one that waits, at the pace of those before it.)");
  bind_run(verb, flags.run);
  verb.options()
      .duration("every", flags.every_s, "time between two looks")
      .add("once", flags.once, "look once and stop");
  verb.example("ds-train watch").example("ds-train watch latest --once --json");
  verb.run([&flags](Context& context) { return watch(context, flags); });
}

}  // namespace ds::train_tool

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "common.h"
#include "common/project.h"
#include "common/text.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/process.h"
#include "ds/base/stop.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

struct StopFlags {
  std::string run = "latest";
  double wait_s = 60;
};

/// The number in status.json is another machine's when a scheduler has placed the run there: here it may
/// belong to anybody.
bool is_here(int pid) {
  std::error_code error;
  return std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), error).filename() == program_name();
}

int say(Context& context, const std::string& run, bool stopped, const std::string& line) {
  if (context.shared.json)
    context.out.json({{"run", run}, {"stopped", stopped}});
  else
    context.out.line(line);
  return 0;
}

int stop(Context& context, const StopFlags& flags) {
  auto project = tool::open_project(context);
  auto run = project.runs().get(flags.run);
  if (run.state != RunState::running) {
    return say(context, run.id, false, fmt::format("{} is {} already", run.id, to_string(run.state)));
  }
  auto status = RunFolder(run.folder).read_status();
  if (!status || status->pid <= 1)
    throw Busy(fmt::format("run {} has not told its process yet", run.id), "try again in a few seconds");
  if (!is_here(status->pid))
    throw Busy(
        fmt::format("run {} is going on with pid {}, which is not on this machine", run.id, status->pid),
        "stop it there, or by its job: scancel, kubectl delete, kill of the mpirun script");
  if (context.shared.dry_run) {
    return tool::would(context, fmt::format("stop {} (pid {})", run.id, status->pid), {{"run", run.id}});
  }
  if (kill(status->pid, SIGTERM) != 0) throw_io_error("stop", fmt::format("pid {}", status->pid), errno);
  Stopwatch watch;
  while (watch.seconds() < flags.wait_s) {
    if (project.runs().get(run.id).state != RunState::running) {
      return say(context, run.id, true,
                 fmt::format("stopped {}; continue it with: ds-train run --resume {}", run.id, run.id));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    throw_if_stopped();
  }
  throw Busy(
      fmt::format("run {} (pid {}) has not stopped within {:.0f} s", run.id, status->pid, flags.wait_s));
}

}  // namespace

void add_stop(Tool& tool) {
  auto& verb = tool.verb("stop", "ask a run to save and stop");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<StopFlags>();
  bind_run(verb, flags.run);
  verb.options().duration("wait", flags.wait_s, "how long to wait until it has");
  verb.example("ds-train stop");
  verb.run([&flags](Context& context) { return stop(context, flags); });
}

}  // namespace ds::train_tool

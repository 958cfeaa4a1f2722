#include "project/child_tool.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/base/process.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"

namespace ds::detail {
namespace {

/// Waits for the child and passes the first stop signal on to it.
int wait_and_pass_on(pid_t child) {
  bool passed_on = false;
  for (;;) {
    int status = 0;
    pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (int signal_number = stop_signal(); signal_number != 0 && !passed_on) {
      ::kill(child, signal_number);
      passed_on = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

int run_tool(const std::string& tool, const std::vector<std::string>& arguments,
             const std::filesystem::path& log_file) {
  std::vector<std::string> command{sibling_tool(tool).string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  make_folders(log_file.parent_path());
  append_line(log_file, fmt::format("$ {} {}", tool, join(arguments, " ")));
  log::debug(fmt::format("{} {} (output in {})", tool, join(arguments, " "), log_file.string()));
  int code = wait_and_pass_on(spawn(command, {.stdout_file = log_file, .stderr_file = log_file}));
  throw_if_stopped();
  if (code == 75)
    throw Busy(fmt::format("{} is busy: {}", tool, last_line(log_file)), "run the same command again later");
  return code;
}

std::string last_line(const std::filesystem::path& log_file) {
  auto lines = split(trim(read_file(log_file)), '\n');
  while (!lines.empty() && trim(lines.back()).starts_with("hint:")) lines.pop_back();
  return lines.empty() ? "" : std::string(trim(lines.back()));
}

}  // namespace ds::detail

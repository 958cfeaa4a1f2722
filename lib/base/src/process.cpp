#include "ds/base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"

namespace ds {
namespace fs = std::filesystem;

fs::path executable_folder() {
  std::error_code error;
  auto self = fs::read_symlink("/proc/self/exe", error);
  if (error) throw Error("cannot find my own executable: /proc is not mounted");
  return self.parent_path();
}

std::string program_name() {
  std::error_code error;
  auto self = fs::read_symlink("/proc/self/exe", error);
  return error ? "ds" : self.filename().string();
}

fs::path sibling_tool(const std::string& name) {
  for (const auto& folder : {executable_folder(), executable_folder() / "../bin"}) {
    auto path = folder / name;
    if (::access(path.c_str(), X_OK) == 0) return fs::weakly_canonical(path);
  }
  throw Error(fmt::format("{} is not beside {} in {}", name, program_name(), executable_folder().string()),
              "install the six tools together, or build them all");
}

std::string login_name() {
  if (const passwd* entry = ::getpwuid(::geteuid())) return entry->pw_name;
  if (const char* name = std::getenv("USER")) return name;
  return "unknown";
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

namespace {

/// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become(char* const* arguments, char* const* environment, const char* out, const char* err,
                         int stdin_read, bool detached, int report) {
  auto fail = [report] {
    int error = errno;
    [[maybe_unused]] ssize_t written = ::write(report, &error, sizeof error);
    ::_exit(127);
  };
  auto redirect = [&](const char* path, int target) {
    if (path == nullptr) return;
    int descriptor = ::open(path, O_WRONLY | O_APPEND | O_CREAT, kFileMode);
    if (descriptor < 0 || ::dup2(descriptor, target) < 0) fail();
  };
  if (stdin_read >= 0) ::dup2(stdin_read, 0);
  redirect(out, 1);
  redirect(err, 2);
  if (detached) {
    ::setsid();
    if (stdin_read < 0) {
      int null = ::open("/dev/null", O_RDONLY);
      if (null >= 0) ::dup2(null, 0);
    }
  }
  ::signal(SIGPIPE, SIG_DFL);
  environ = const_cast<char**>(environment);
  ::execvp(arguments[0], arguments);
  fail();
  ::_exit(127);
}

}  // namespace

pid_t spawn(const std::vector<std::string>& arguments, const SpawnOptions& options) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  for (const auto& [name, value] : options.environment) {
    const auto assignment = name + "=";
    std::erase_if(variables, [&](const std::string& text) { return text.starts_with(assignment); });
    variables.push_back(assignment + value);
  }
  std::vector<char*> environment;
  for (auto& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);

  int report[2];
  int input[2] = {-1, -1};
  if (::pipe2(report, O_CLOEXEC) != 0)
    throw Error(fmt::format("cannot start {}: {}", arguments[0], std::strerror(errno)));
  if (!options.stdin_text.empty() && ::pipe2(input, O_CLOEXEC) != 0)
    throw Error(fmt::format("cannot start {}: {}", arguments[0], std::strerror(errno)));
  const char* out = options.stdout_file.empty() ? nullptr : options.stdout_file.c_str();
  const char* err = options.stderr_file.empty() ? nullptr : options.stderr_file.c_str();
  pid_t pid = ::fork();
  if (pid < 0) throw Error(fmt::format("cannot start {}: {}", arguments[0], std::strerror(errno)));
  if (pid == 0) become(argv.data(), environment.data(), out, err, input[0], options.detached, report[1]);
  ::close(report[1]);
  if (input[0] >= 0) {
    ::close(input[0]);
    std::string_view rest = options.stdin_text;
    while (!rest.empty()) {
      ssize_t written = ::write(input[1], rest.data(), rest.size());
      if (written <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    ::close(input[1]);
  }
  int child_error = 0;
  ssize_t count = ::read(report[0], &child_error, sizeof child_error);
  ::close(report[0]);
  if (count == static_cast<ssize_t>(sizeof child_error)) {
    ::waitpid(pid, nullptr, 0);
    throw Error(fmt::format("cannot start {}: {}", arguments[0], std::strerror(child_error)));
  }
  return pid;
}

namespace {
int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
}  // namespace

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) throw Error(fmt::format("cannot wait for process {}: {}", pid, std::strerror(errno)));
  return exit_code_of(status);
}

int run_and_wait(const std::vector<std::string>& arguments, const SpawnOptions& options) {
  pid_t pid = spawn(arguments, options);
  if (options.timeout_s <= 0) return wait_for(pid);
  Stopwatch elapsed;
  int status = 0;
  for (;;) {
    pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) return exit_code_of(status);
    if (elapsed.seconds() > options.timeout_s) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, &status, 0);
      return 124;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

std::pair<std::string, int> run_and_capture(const std::vector<std::string>& arguments,
                                            const SpawnOptions& options) {
  TemporaryFolder folder;
  SpawnOptions captured = options;
  captured.stdout_file = folder.path() / "stdout";
  int code = run_and_wait(arguments, captured);
  return {read_file(captured.stdout_file), code};
}

bool process_alive(pid_t pid) {
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

std::size_t peak_memory_bytes() {
  // What the program held that started us is in getrusage's number too, and stays there when the peak is set back.
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:"))
      return static_cast<std::size_t>(std::strtoull(line.c_str() + sizeof("VmHWM:") - 1, nullptr, 10)) * 1024;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace ds

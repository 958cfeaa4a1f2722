#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

/// Starting other programs, and knowing our own.
namespace ds {

/// The folder our executable stands in (the sibling tools and ../lib/ds are found from here).
std::filesystem::path executable_folder();
/// `ds-import`.
std::string program_name();
/// A sibling tool's path; throws Error when it is not there.
std::filesystem::path sibling_tool(const std::string& name);
/// The login name of whoever runs us, or "unknown".
std::string login_name();
std::string host_name();

struct SpawnOptions {
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to ours
  std::filesystem::path stdout_file = {};                             // appended to; empty: inherit
  std::filesystem::path stderr_file = {};                             // appended to; empty: inherit
  std::string stdin_text = {};                                        // given to the child, then closed
  bool detached = false;                                              // its own session: survives us
  double timeout_s = 0;  // run_and_wait: kill after this long (exit 124); 0: never
};

/// Starts arguments[0] (searched in PATH when it has no slash); returns its pid. Throws Error
/// when it cannot start.
pid_t spawn(const std::vector<std::string>& arguments, const SpawnOptions& options = {});
/// Waits for a child: its exit code, or 128 + signal.
int wait_for(pid_t pid);
int run_and_wait(const std::vector<std::string>& arguments, const SpawnOptions& options = {});
/// What the child printed on stdout, and its exit code.
std::pair<std::string, int> run_and_capture(const std::vector<std::string>& arguments,
                                            const SpawnOptions& options = {});
/// True while a process with this pid lives (it may be somebody else's).
bool process_alive(pid_t pid);
/// Peak resident memory of this process so far, bytes; since it was last set back (proc(5), clear_refs).
std::size_t peak_memory_bytes();

}  // namespace ds

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ds::detail {

/// Runs a sibling tool to its end, its output appended to `log_file`. A signal that stops us is passed on,
/// and when the child has saved what it can, Interrupted is thrown. Throws Busy when the child says 75.
/// @return its exit code, or 128 + signal
int run_tool(const std::string& tool, const std::vector<std::string>& arguments,
             const std::filesystem::path& log_file);
/// The last line that the child has said, for messages.
std::string last_line(const std::filesystem::path& log_file);

}  // namespace ds::detail

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ds/submit/job_spec.h"

/// Pieces that the engines' bash scripts share.
namespace ds::detail {

/// `# ...` for each line of `spec.about`.
std::string comment_lines(const JobSpec& spec);
/// `export NAME=value` for each variable, and `cd` into the folder.
std::string set_up_lines(const JobSpec& spec);
/// `items=(a b c)`.
std::string item_lines(const JobSpec& spec);
/// The function `finish ITEM`: tells `command` (words of bash, with "$1" as the item) again after exit 75 or
/// a kill, passes on SIGTERM and SIGINT, and returns the last exit code.
/// @param stop the body of a function that asks the process "$1", which is `command`, to save and end
std::string finish_function(const JobSpec& spec, const std::string& command,
                            const std::string& stop = "kill -TERM \"$1\" 2>/dev/null");

/// Throws UsageError `--mem: the engine mpi has no use for it` for the first of `unused` that is set.
void refuse_unused(const JobSpec& spec, const std::string& engine, const std::vector<std::string>& unused);

}  // namespace ds::detail

#pragma once

#include <optional>
#include <string>

#include "ds/cli/tool.h"

namespace ds::detail {

/// What the command line asks for.
struct Request {
  enum class Kind { run, help, version, generate } kind = Kind::run;
  Verb* verb = nullptr;     // run, and help of one verb
  std::string verb_prefix;  // help of a group: "snapshot"
  std::string generate;     // man, markdown, bash, zsh, fish
};

/// Reads argv into the verb's options and `shared` (flags over environment over file). Throws UsageError.
Request parse_command_line(Tool& tool, std::deque<Verb>& verbs, OptionSet& shared_set, SharedOptions& shared,
                           int argc, char** argv);

}  // namespace ds::detail

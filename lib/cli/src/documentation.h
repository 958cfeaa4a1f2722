#pragma once

#include <string>

#include "ds/cli/tool.h"

namespace ds::detail {

/// All of these are made from the same definitions, so they never disagree.
std::string tool_help(const Tool& tool);
/// Help of a group of nested verbs: "snapshot".
std::string group_help(const Tool& tool, const std::string& prefix);
std::string verb_help(const Tool& tool, const Verb& verb, const OptionSet& shared);
std::string version_text(const Tool& tool);
/// `--project, --as, --json`: what a verb honours itself; the frame's options go without saying.
std::string honoured_names(const Verb& verb, const OptionSet& shared);
/// kind: man, markdown, bash, zsh, fish, or verbs: a verb a line, a tab, and what it honours. Throws UsageError.
std::string generate(const Tool& tool, const OptionSet& shared, const std::string& kind);

}  // namespace ds::detail

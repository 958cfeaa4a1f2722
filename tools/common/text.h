#pragma once

#include <string_view>

#include "ds/cli/tool.h"

/// Words that stand in what several tools say.
namespace ds::tool {

/// What was done, or with --dry-run what would be: `did(context, "wrote", "would write")`.
std::string_view did(const Context& context, std::string_view done, std::string_view would_do);

/// Says on stderr that nothing has been changed, when --dry-run.
void note_dry_run(const Context& context);

}  // namespace ds::tool

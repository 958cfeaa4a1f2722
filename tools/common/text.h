#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "ds/cli/tool.h"

/// Words that stand in what several tools say.
namespace ds::tool {

/// What was done, or with --dry-run what would be: `did(context, "wrote", "would write")`.
std::string_view did(const Context& context, std::string_view done, std::string_view would_do);

/// What a dry run would do, as a line `would ...`, or with --json as the document with "dry_run" in front. Returns 0.
int would(Context& context, const std::string& line, const nlohmann::ordered_json& document);

/// Writes a result file beside what goes to stdout, or with --dry-run does not; says which on stderr.
void write_beside(const Context& context, const std::filesystem::path& file, const std::string& text);

/// Says on stderr that nothing has been changed, when --dry-run.
void note_dry_run(const Context& context);

}  // namespace ds::tool

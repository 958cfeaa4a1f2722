#pragma once

namespace ds {
class Tool;
}

/// One function per verb or family of verbs (`files list`, `files show`); each adds it to the tool. A new verb is its
/// <verb>.cpp, a line here, one in main.cpp and one in CMakeLists.txt.
namespace ds::import_tool {

void add_init(Tool& tool);
void add_add(Tool& tool);
void add_export(Tool& tool);
void add_convert(Tool& tool);
void add_check(Tool& tool);
void add_fix(Tool& tool);
void add_formats(Tool& tool);
void add_stats(Tool& tool);
void add_dedupe(Tool& tool);
void add_leaks(Tool& tool);
void add_split(Tool& tool);
void add_snapshot(Tool& tool);
void add_snapshot_diff(Tool& tool);
void add_snapshot_restore(Tool& tool);
void add_gc(Tool& tool);
void add_sample(Tool& tool);

}  // namespace ds::import_tool

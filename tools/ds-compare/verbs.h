#pragma once

namespace ds {
class Tool;
}

/// One function per verb or family of verbs (`files list`, `files show`); each adds it to the tool. A new verb is its
/// <verb>.cpp, a line here, one in main.cpp and one in CMakeLists.txt.
namespace ds::compare_tool {

void add_eval(Tool& tool);
void add_table(Tool& tool);
void add_best(Tool& tool);
void add_show(Tool& tool);
void add_report(Tool& tool);
void add_gate(Tool& tool);
void add_files(Tool& tool);

}  // namespace ds::compare_tool

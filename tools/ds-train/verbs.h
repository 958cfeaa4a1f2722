#pragma once

namespace ds {
class Tool;
}

/// One function per verb or family of verbs (`files list`, `files show`); each adds it to the tool. A new verb is its
/// <verb>.cpp, a line here, one in main.cpp and one in CMakeLists.txt.
namespace ds::train_tool {

void add_run(Tool& tool);
void add_submit(Tool& tool);
void add_list(Tool& tool);
void add_rm(Tool& tool);
void add_show(Tool& tool);
void add_watch(Tool& tool);
void add_stop(Tool& tool);
void add_archs(Tool& tool);
void add_weights(Tool& tool);

}  // namespace ds::train_tool

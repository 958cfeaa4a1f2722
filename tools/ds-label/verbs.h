#pragma once

namespace ds {
class Tool;
}

/// One function per verb or family of verbs (`files list`, `files show`); each adds it to the tool. A new verb is its
/// <verb>.cpp, a line here, one in main.cpp and one in CMakeLists.txt.
namespace ds::label_tool {

void add_status(Tool& tool);
void add_classes(Tool& tool);
void add_files(Tool& tool);
void add_annotate(Tool& tool);
void add_render(Tool& tool);
void add_auto(Tool& tool);
void add_review(Tool& tool);
void add_queue(Tool& tool);
void add_stats(Tool& tool);
void add_history(Tool& tool);
void add_undo(Tool& tool);

}  // namespace ds::label_tool

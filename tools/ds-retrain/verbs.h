#pragma once

namespace ds {
class Tool;
}

/// One function per verb or family of verbs (`files list`, `files show`); each adds it to the tool. A new verb is its
/// <verb>.cpp, a line here, one in main.cpp and one in CMakeLists.txt.
namespace ds::retrain_tool {

void add_init(Tool& tool);
void add_collect(Tool& tool);
void add_status(Tool& tool);
void add_tick(Tool& tool);
void add_run(Tool& tool);
void add_explain(Tool& tool);
void add_promote(Tool& tool);
void add_rollback(Tool& tool);
void add_resume(Tool& tool);
void add_log(Tool& tool);
void add_schedule(Tool& tool);
void add_forget(Tool& tool);

}  // namespace ds::retrain_tool

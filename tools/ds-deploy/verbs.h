#pragma once

namespace ds {
class Tool;
}

/// One function per verb or family of verbs (`files list`, `files show`); each adds it to the tool. A new verb is its
/// <verb>.cpp, a line here, one in main.cpp and one in CMakeLists.txt.
namespace ds::deploy_tool {

void add_predict(Tool& tool);
void add_serve(Tool& tool);
void add_create(Tool& tool);
void add_list(Tool& tool);
void add_status(Tool& tool);
void add_call(Tool& tool);
void add_set(Tool& tool);
void add_start(Tool& tool);
void add_stop(Tool& tool);
void add_promote(Tool& tool);
void add_rollback(Tool& tool);
void add_tokens(Tool& tool);
void add_logs(Tool& tool);
void add_destroy(Tool& tool);

}  // namespace ds::deploy_tool

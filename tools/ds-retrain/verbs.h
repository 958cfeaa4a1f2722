#pragma once

namespace ds {
class Tool;
}

/// One function per verb; each adds it to the tool.
namespace ds::retrain {

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

}  // namespace ds::retrain

#pragma once

namespace ds {
class Tool;
}

/// One function per verb; each adds it to the tool.
namespace ds::compare {

void add_eval(Tool& tool);
void add_table(Tool& tool);
void add_best(Tool& tool);
void add_show(Tool& tool);
void add_report(Tool& tool);
void add_gate(Tool& tool);
void add_files(Tool& tool);

}  // namespace ds::compare

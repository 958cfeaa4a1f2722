#pragma once

namespace ds {
class Tool;
}

/// One function per verb; each adds it to the tool.
namespace ds::compare {

void add_files(Tool& tool);
void add_gate(Tool& tool);

}  // namespace ds::compare

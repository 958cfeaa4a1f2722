#include "ds/cli/tool.h"
#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool("ds-compare", "compare models exactly, and gate on the result", R"(
      Evaluates models on the labelled images of a project (or on COCO files), with COCO's numbers to
      the last digit, and answers whether one is better, worse, or cannot be told apart on this data.)");
  ds::compare_tool::add_eval(tool);
  ds::compare_tool::add_table(tool);
  ds::compare_tool::add_best(tool);
  ds::compare_tool::add_show(tool);
  ds::compare_tool::add_report(tool);
  ds::compare_tool::add_gate(tool);
  ds::compare_tool::add_files(tool);
  return tool.run(argc, argv);
}

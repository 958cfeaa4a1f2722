#include "ds/cli/tool.h"
#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool("ds-label", "label images, let a model propose, review", R"(
      Images go unlabelled -> working -> (review) -> done. Whatever changes is kept in a journal with
      who and when, and can be taken back.)");
  ds::label_tool::add_status(tool);
  ds::label_tool::add_classes(tool);
  ds::label_tool::add_files(tool);
  ds::label_tool::add_annotate(tool);
  ds::label_tool::add_render(tool);
  ds::label_tool::add_auto(tool);
  ds::label_tool::add_review(tool);
  ds::label_tool::add_queue(tool);
  ds::label_tool::add_stats(tool);
  ds::label_tool::add_history(tool);
  ds::label_tool::add_undo(tool);
  return tool.run(argc, argv);
}

#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool(
      "ds-label", "label images, let a model propose, review",
      "Images go unlabelled -> working -> (review) -> done. Whatever changes is kept in a journal with "
      "who and when, and can be taken back.");
  ds::add_status_verb(tool);
  ds::add_classes_verbs(tool);
  ds::add_files_verbs(tool);
  ds::add_annotate_verbs(tool);
  ds::add_render_verb(tool);
  ds::add_auto_verb(tool);
  ds::add_review_verbs(tool);
  ds::add_queue_verb(tool);
  ds::add_stats_verb(tool);
  ds::add_history_verbs(tool);
  return tool.run(argc, argv);
}

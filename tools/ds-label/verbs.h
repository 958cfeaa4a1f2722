#pragma once

#include "ds/cli/tool.h"

/// The verbs of ds-label: flags -> options -> library -> report.
namespace ds {

void add_status_verb(Tool& tool);
void add_classes_verbs(Tool& tool);
void add_files_verbs(Tool& tool);
void add_annotate_verbs(Tool& tool);
void add_render_verb(Tool& tool);
void add_auto_verb(Tool& tool);
void add_review_verbs(Tool& tool);
void add_queue_verb(Tool& tool);
void add_history_verbs(Tool& tool);
void add_stats_verb(Tool& tool);

}  // namespace ds

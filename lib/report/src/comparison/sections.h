#pragma once

#include "comparison/parts.h"

/// Sections that comparison_page() and model_page() share: of several models, each in a panel of its own.
namespace ds::detail {

void add_confusion(Page& page, const ComparisonReport& report);
void add_errors(Page& page, const ComparisonReport& report);
void add_localization(Page& page, const ComparisonReport& report);
void add_calibration(Page& page, const ComparisonReport& report);
void add_slices(Page& page, const ComparisonReport& report);
void add_worst(Page& page, const ComparisonReport& report);
/// What each model is, its numbers, its training and its lineage.
void add_cards(Page& page, const ComparisonReport& report);
void add_label_suspects(Page& page, const ComparisonReport& report);
void add_definitions(Page& page, const ComparisonReport& report);
void add_footer(Page& page, const ComparisonReport& report);

}  // namespace ds::detail

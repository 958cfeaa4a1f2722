#pragma once

#include <string>
#include <vector>

#include "ds/report/leaderboard.h"

namespace ds {

struct HtmlOptions {
  std::string title = "Model comparison";
  std::string created_at = {};  // shown in the footer when given
};

/// One Page: the leaderboard with its definitions, precision over recall of every model, AP per class and per
/// size, counts and confusion of each model. The same entries give the same bytes.
std::string to_html(const std::vector<LeaderboardEntry>& entries, const HtmlOptions& options = {});

}  // namespace ds

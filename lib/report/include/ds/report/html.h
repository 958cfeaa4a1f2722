#pragma once

#include <string>
#include <vector>

#include "ds/report/leaderboard.h"

namespace ds {

struct HtmlOptions {
  std::string title = "Model comparison";
  std::string created_at = {};  // shown in the footer when given
};

/// One self-contained page (no network, no script): the leaderboard with its definitions, precision over
/// recall of every model, AP per class and per size, counts and confusion of each model. Light and dark by
/// the reader's setting; wide tables scroll inside themselves on a phone. The same entries give the same
/// bytes.
std::string to_html(const std::vector<LeaderboardEntry>& entries, const HtmlOptions& options = {});

/// Text that stands for itself inside HTML, also inside an attribute in double quotes.
std::string html_escaped(const std::string& text);

}  // namespace ds

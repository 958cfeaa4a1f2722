#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ds/cli/tool.h"
#include "ds/retrain/machine.h"

namespace ds::retrain_tool {

/// A table of rules: name, value, limit, interval, state, note.
std::string rules_table(const std::vector<RuleCheck>& rules);
/// `collected 5 captured images (1 for the holdout); 2 were in the project already`; empty
/// when there was none.
std::string collected_text(const CollectReport& report);
nlohmann::ordered_json to_json(const CollectReport& report);
nlohmann::ordered_json to_json(const TickReport& report);
/// For people nothing at all when nothing changed (cron mails what is printed); with --json always a line.
void print_tick(Context& context, const TickReport& report);

}  // namespace ds::retrain_tool

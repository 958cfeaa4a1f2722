#include "ds/report/gate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tables/optional_numbers.h"

namespace ds {

using detail::number_or_null;

namespace {

/// What the verdict means for a script, and how several rules are counted.
std::vector<std::string> gate_notes(const GateResult& result) {
  std::vector<std::string> notes{
      "Exit code 0, pass: every rule's whole interval is on its good side. 4, regression: a rule's whole "
      "interval is on its bad side. 5, not enough data: neither, too few groups of images, or a number that "
      "was "
      "not measured. 3: bad input."};
  const auto tested = std::count_if(result.rules.begin(), result.rules.end(),
                                    [](const auto& rule) { return rule.interval.has_value(); });
  if (tested > 1)
    notes.push_back(
        fmt::format("{} rules are tested: a regression is one that Holm's correction lets stand, so "
                    "that {} chances of a false alarm stay at 5 % together. To pass, each rule must "
                    "hold by itself.",
                    tested, tested));
  return notes;
}

}  // namespace

Table gate_table(const GateResult& result, const std::string& baseline, const std::string& candidate) {
  Table table;
  table.columns = {{"rule", "rule", false},
                   {"baseline", "baseline", true},
                   {"candidate", "candidate", true},
                   {"verdict", "verdict", false},
                   {"", "reason", false}};
  for (const auto& r : result.rules)
    table.rows.push_back({text_cell(r.rule.text()), number_cell(r.baseline, 4), number_cell(r.challenger, 4),
                          text_cell(to_string(r.verdict)), text_cell(r.reason)});
  table.notes.push_back(
      fmt::format("{}: candidate {} against baseline {}", to_string(result.verdict), candidate, baseline));
  for (const auto& text : gate_notes(result)) table.notes.push_back(text);
  if (result.smallest_difference)
    table.notes.push_back(
        fmt::format("The smallest AP difference these {} groups of images can tell is about {:.4f}.",
                    result.groups, *result.smallest_difference));
  return table;
}

nlohmann::ordered_json gate_json(const GateResult& result, const std::string& baseline,
                                 const std::string& candidate) {
  nlohmann::ordered_json rules = nlohmann::ordered_json::array();
  for (const auto& r : result.rules) {
    nlohmann::ordered_json interval;
    if (r.interval) interval = {r.interval->low, r.interval->high};
    rules.push_back({{"rule", r.rule.text()},
                     {"verdict", to_string(r.verdict)},
                     {"baseline", number_or_null(r.baseline)},
                     {"candidate", number_or_null(r.challenger)},
                     {"interval_95", interval},
                     {"reason", r.reason}});
  }
  return {{"format", "ds-gate"},
          {"version", 1},
          {"verdict", to_string(result.verdict)},
          {"baseline", baseline},
          {"candidate", candidate},
          {"groups", result.groups},
          {"smallest_difference", number_or_null(result.smallest_difference)},
          {"rules", rules}};
}

}  // namespace ds

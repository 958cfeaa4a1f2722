#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ds/report/leaderboard.h"
#include "optional_numbers.h"

namespace ds {

namespace {

using detail::known;
using detail::number_or_null;

const char* describe(int number) {
  static constexpr const char* texts[] = {"IoU .50:.95, all sizes",
                                          "IoU .50",
                                          "IoU .75",
                                          "small: up to 32x32",
                                          "medium: up to 96x96",
                                          "large",
                                          "recall, at most the 1st limit of detections",
                                          "recall, at most the 2nd limit",
                                          "recall, at most the 3rd limit",
                                          "recall, small",
                                          "recall, medium",
                                          "recall, large"};
  return texts[number];
}

}  // namespace

Grid coco_grid(const Evaluation& e) {
  Grid grid{e.model.name, {{"", "metric", false}, {"value", "value", true}, {"", "meaning", false}}, {}, {}};
  for (int n = 0; n < kCocoNumberCount; ++n)
    grid.rows.push_back({text_cell(coco_number_names()[n]),
                         number_cell(known(e.precision.numbers.values[n]), 4), text_cell(describe(n))});
  return grid;
}

Grid class_grid(const Evaluation& e) {
  Grid grid;
  grid.title = e.model.name + ", per class";
  grid.columns = {{"class", "class", false},
                  {"objects", "objects", true},
                  {"AP", "ap", true},
                  {"AP50", "ap50", true},
                  {"AP75", "ap75", true},
                  {"TP", "tp", true},
                  {"FP", "fp", true},
                  {"FN", "fn", true},
                  {"precision", "precision", true},
                  {"recall", "recall", true},
                  {"F1", "f1", true}};
  for (std::size_t c = 0; c < e.class_names.size(); ++c) {
    const auto& ap = e.precision.classes.at(c);
    const auto& counts = e.operating.classes.at(c);
    grid.rows.push_back({text_cell(e.class_names[c]), count_cell(ap.objects),
                         number_cell(known(ap.numbers.ap()), 3), number_cell(known(ap.numbers.ap50()), 3),
                         number_cell(known(ap.numbers.ap75()), 3), count_cell(counts.tp),
                         count_cell(counts.fp), count_cell(counts.fn), number_cell(counts.precision(), 3),
                         number_cell(counts.recall(), 3), number_cell(counts.f1(), 3)});
  }
  grid.notes.push_back(fmt::format("TP, FP, FN at score >= {:.4g}{}.", e.operating.threshold,
                                   e.operating.chosen_on_this_set ? ", the best F1 on this set" : ""));
  return grid;
}

Grid confusion_grid(const Evaluation& e) {
  Grid grid;
  grid.title = e.model.name + ", confusion: true classes down, detected classes across";
  grid.columns.push_back({"", "truth", false});
  auto names = e.class_names;
  names.push_back("(background)");
  for (const auto& name : names) grid.columns.push_back({name, name, true});
  for (std::size_t row = 0; row < names.size() && !e.confusion.cells.empty(); ++row) {
    std::vector<Cell> cells{text_cell(names[row])};
    for (std::size_t column = 0; column < names.size(); ++column)
      cells.push_back(count_cell(e.confusion.at(row, column)));
    grid.rows.push_back(std::move(cells));
  }
  return grid;
}

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

Grid gate_grid(const GateResult& result, const std::string& baseline, const std::string& candidate) {
  Grid grid;
  grid.columns = {{"rule", "rule", false},
                  {"baseline", "baseline", true},
                  {"candidate", "candidate", true},
                  {"verdict", "verdict", false},
                  {"", "reason", false}};
  for (const auto& r : result.rules)
    grid.rows.push_back({text_cell(r.rule.text()), number_cell(r.baseline, 4), number_cell(r.challenger, 4),
                         text_cell(to_string(r.verdict)), text_cell(r.reason)});
  grid.notes.push_back(
      fmt::format("{}: candidate {} against baseline {}", to_string(result.verdict), candidate, baseline));
  for (const auto& text : gate_notes(result)) grid.notes.push_back(text);
  if (result.smallest_difference)
    grid.notes.push_back(
        fmt::format("The smallest AP difference these {} groups of images can tell is about {:.4f}.",
                    result.groups, *result.smallest_difference));
  return grid;
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

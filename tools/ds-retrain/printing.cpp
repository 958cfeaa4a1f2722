#include "printing.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/text.h"

namespace ds::retrain_tool {

std::string rules_table(const std::vector<RuleCheck>& rules) {
  Table table;
  table.column("term").column("value", Table::Align::right).column("limit").column("95 % interval");
  table.column("state").column("note");
  for (const auto& each : rules)
    table.row({each.name, value_text(each), limit_text(each), interval_text(each), ds::to_string(each.state),
               each.note});
  return table.to_text();
}

std::string collected_text(const CollectReport& report) {
  if (report.captures == 0) return {};
  auto text = "collected " + counted(report.new_images, "captured image");
  if (report.holdout > 0)
    text += fmt::format("; {} of them for the holdout, to be labelled blind", report.holdout);
  if (report.near_test > 0)
    text += fmt::format("; {} look like test images and stay out of training", report.near_test);
  if (report.duplicates > 0) text += fmt::format("; {} more were in the project already", report.duplicates);
  if (report.broken > 0) text += fmt::format("; {} more cannot be read", report.broken);
  return text;
}

nlohmann::ordered_json to_json(const CollectReport& report) {
  return {{"captures", report.captures}, {"new_images", report.new_images}, {"duplicates", report.duplicates},
          {"holdout", report.holdout},   {"near_test", report.near_test},   {"broken", report.broken}};
}

nlohmann::ordered_json to_json(const TickReport& report) {
  return {{"result", ds::to_string(report.kind)},
          {"stage", ds::to_string(report.stage)},
          {"cycle", report.cycle_id},
          {"message", report.message},
          {"collected", to_json(report.collected)},
          {"terms", ds::to_json(report.rules)}};
}

void print_tick(Context& context, const TickReport& report) {
  if (context.shared.json) return context.out.json_line(to_json(report));
  if (!report.changed()) return;
  if (auto collected = collected_text(report.collected); !collected.empty()) context.out.line(collected);
  using Kind = TickReport::Kind;
  bool quiet = report.kind == Kind::nothing || report.kind == Kind::waiting_for_labels ||
               report.kind == Kind::stopped || report.kind == Kind::waiting;
  if (quiet) return;
  auto name = report.kind == Kind::advanced ? ds::to_string(report.stage) : ds::to_string(report.kind);
  context.out.line(fmt::format("{}: {}", name, report.message));
  bool decided = report.stage == Stage::promote || report.kind == Kind::rejected ||
                 report.kind == Kind::undecided || report.kind == Kind::rolled_back;
  if (decided && !report.rules.empty()) context.out.text(rules_table(report.rules));
  context.out.flush();
}

}  // namespace ds::retrain_tool

#include "ds/retrain/rule_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {
namespace {

std::string number_text(double value, const std::string& unit) {
  if (unit == "s") return human_duration(value);
  if (unit == "AP" || unit == "share") return fmt::format("{:.4f}", value);
  if (std::floor(value) == value && std::abs(value) < 1e15) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3f}", value);
}

RuleState state_from_string(const std::string& text) {
  for (auto state : {RuleState::met, RuleState::not_met, RuleState::unknown})
    if (to_string(state) == text) return state;
  throw_unknown_name("term state", text, {"met", "not met", "unknown"});
}

}  // namespace

std::string to_string(RuleState state) {
  switch (state) {
    case RuleState::met:
      return "met";
    case RuleState::not_met:
      return "not met";
    case RuleState::unknown:
      break;
  }
  return "unknown";
}

RuleCheck check_rule(std::string name, std::optional<double> value, std::string relation, double limit,
                     std::string unit, std::string note) {
  RuleCheck made;
  made.name = std::move(name);
  made.value = value;
  made.relation = std::move(relation);
  made.limit = limit;
  made.unit = std::move(unit);
  made.note = std::move(note);
  if (value) {
    bool holds = made.relation == "<=" ? *value <= limit : *value >= limit;
    made.state = holds ? RuleState::met : RuleState::not_met;
  }
  return made;
}

std::string value_text(const RuleCheck& rule) {
  return rule.value ? number_text(*rule.value, rule.unit) : "-";
}

std::string limit_text(const RuleCheck& rule) {
  return rule.relation + " " + number_text(rule.limit, rule.unit);
}

std::string interval_text(const RuleCheck& rule) {
  if (!rule.low || !rule.high) return {};
  return fmt::format("[{}, {}]", number_text(*rule.low, rule.unit), number_text(*rule.high, rule.unit));
}

bool all_met(const std::vector<RuleCheck>& rules) {
  return std::all_of(rules.begin(), rules.end(),
                     [](const RuleCheck& each) { return each.state == RuleState::met; });
}

std::string unmet_text(const std::vector<RuleCheck>& rules) {
  std::vector<std::string> parts;
  for (const auto& each : rules)
    if (each.state != RuleState::met)
      parts.push_back(fmt::format("{} {}{} (needs {})", each.name, value_text(each),
                                  each.low && each.high ? " " + interval_text(each) : "", limit_text(each)));
  return join(parts, "; ");
}

nlohmann::ordered_json to_json(const RuleCheck& rule) {
  nlohmann::ordered_json json{{"name", rule.name},
                              {"value", nullptr},
                              {"relation", rule.relation},
                              {"limit", rule.limit},
                              {"unit", rule.unit}};
  if (rule.value) json["value"] = *rule.value;
  if (rule.low && rule.high) json["interval"] = {*rule.low, *rule.high};
  json["state"] = to_string(rule.state);
  if (!rule.note.empty()) json["note"] = rule.note;
  return json;
}

RuleCheck rule_from_json(const nlohmann::ordered_json& json) {
  RuleCheck rule;
  rule.name = json.at("name").get<std::string>();
  if (!json.at("value").is_null()) rule.value = json.at("value").get<double>();
  rule.relation = json.at("relation").get<std::string>();
  rule.limit = json.at("limit").get<double>();
  rule.unit = json.at("unit").get<std::string>();
  if (json.contains("interval")) {
    rule.low = json["interval"].at(0).get<double>();
    rule.high = json["interval"].at(1).get<double>();
  }
  rule.state = state_from_string(json.at("state").get<std::string>());
  rule.note = json.value("note", "");
  return rule;
}

nlohmann::ordered_json to_json(const std::vector<RuleCheck>& rules) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& each : rules) list.push_back(to_json(each));
  return list;
}

}  // namespace ds

#include "ds/retrain/term.h"

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

TermState state_from_string(const std::string& text) {
  for (auto state : {TermState::met, TermState::not_met, TermState::unknown})
    if (to_string(state) == text) return state;
  throw_unknown_name("term state", text, {"met", "not met", "unknown"});
}

}  // namespace

std::string to_string(TermState state) {
  switch (state) {
    case TermState::met:
      return "met";
    case TermState::not_met:
      return "not met";
    case TermState::unknown:
      break;
  }
  return "unknown";
}

Term term(std::string name, std::optional<double> value, std::string relation, double limit, std::string unit,
          std::string note) {
  Term made;
  made.name = std::move(name);
  made.value = value;
  made.relation = std::move(relation);
  made.limit = limit;
  made.unit = std::move(unit);
  made.note = std::move(note);
  if (value) {
    bool holds = made.relation == "<=" ? *value <= limit : *value >= limit;
    made.state = holds ? TermState::met : TermState::not_met;
  }
  return made;
}

std::string value_text(const Term& term) {
  return term.value ? number_text(*term.value, term.unit) : "-";
}

std::string limit_text(const Term& term) {
  return term.relation + " " + number_text(term.limit, term.unit);
}

std::string interval_text(const Term& term) {
  if (!term.low || !term.high) return {};
  return fmt::format("[{}, {}]", number_text(*term.low, term.unit), number_text(*term.high, term.unit));
}

bool all_met(const std::vector<Term>& terms) {
  return std::all_of(terms.begin(), terms.end(),
                     [](const Term& each) { return each.state == TermState::met; });
}

std::string unmet_text(const std::vector<Term>& terms) {
  std::vector<std::string> parts;
  for (const auto& each : terms)
    if (each.state != TermState::met)
      parts.push_back(fmt::format("{} {} (needs {})", each.name, value_text(each), limit_text(each)));
  return join(parts, "; ");
}

nlohmann::ordered_json to_json(const Term& term) {
  nlohmann::ordered_json json{{"name", term.name},
                              {"value", nullptr},
                              {"relation", term.relation},
                              {"limit", term.limit},
                              {"unit", term.unit}};
  if (term.value) json["value"] = *term.value;
  if (term.low && term.high) json["interval"] = {*term.low, *term.high};
  json["state"] = to_string(term.state);
  if (!term.note.empty()) json["note"] = term.note;
  return json;
}

Term term_from_json(const nlohmann::ordered_json& json) {
  Term term;
  term.name = json.at("name").get<std::string>();
  if (!json.at("value").is_null()) term.value = json.at("value").get<double>();
  term.relation = json.at("relation").get<std::string>();
  term.limit = json.at("limit").get<double>();
  term.unit = json.at("unit").get<std::string>();
  if (json.contains("interval")) {
    term.low = json["interval"].at(0).get<double>();
    term.high = json["interval"].at(1).get<double>();
  }
  term.state = state_from_string(json.at("state").get<std::string>());
  term.note = json.value("note", "");
  return term;
}

nlohmann::ordered_json to_json(const std::vector<Term>& terms) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& each : terms) list.push_back(to_json(each));
  return list;
}

}  // namespace ds

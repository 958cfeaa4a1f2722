#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ds {

/// Whether a rule holds. `unknown`: not enough data to tell.
enum class RuleState { met, not_met, unknown };
std::string to_string(RuleState state);

/// One rule of a trigger, a gate or a bake window and what came of it: always shown with its value and limit.
struct RuleCheck {
  std::string name;                            // "new reviewed images"
  std::optional<double> value = std::nullopt;  // absent: not measured
  std::string relation = ">=";                 // between value and limit: ">=" or "<="
  double limit = 0;
  std::string unit = {};                     // "s" is shown as a duration, "AP" with four decimals
  std::optional<double> low = std::nullopt;  // 95 % interval of the value, where there is one
  std::optional<double> high = std::nullopt;
  RuleState state = RuleState::unknown;
  std::string note = {};  // one clause for people: why it is unknown, what it is about
};

/// A rule whose state follows from value and limit; unknown without a value.
RuleCheck check_rule(std::string name, std::optional<double> value, std::string relation, double limit,
                     std::string unit = {}, std::string note = {});

/// `12`, `0.4312`, `2 h 05 min`; "-" without a value.
std::string value_text(const RuleCheck& rule);
/// `>= 50`.
std::string limit_text(const RuleCheck& rule);
/// `[-0.0120, 0.0310]`, empty without an interval.
std::string interval_text(const RuleCheck& rule);

bool all_met(const std::vector<RuleCheck>& rules);
/// `new reviewed images 12 (needs >= 50)`, with the interval where there is one, joined with "; ": the rules that are not met.
std::string unmet_text(const std::vector<RuleCheck>& rules);

nlohmann::ordered_json to_json(const RuleCheck& rule);
RuleCheck rule_from_json(const nlohmann::ordered_json& json);
nlohmann::ordered_json to_json(const std::vector<RuleCheck>& rules);

}  // namespace ds

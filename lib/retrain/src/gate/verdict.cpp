#include "ds/retrain/verdict.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"

namespace ds {

std::string gate_answer(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::regression:
      return "reject";
    case Verdict::not_enough_data:
      break;
  }
  return "not enough data";
}

Verdict decide(const std::vector<RuleCheck>& rules) {
  auto verdict = rules.empty() ? Verdict::not_enough_data : Verdict::pass;
  for (const auto& each : rules) {
    if (each.state == RuleState::not_met) return Verdict::regression;
    if (each.state == RuleState::unknown) verdict = Verdict::not_enough_data;
  }
  return verdict;
}

std::string verdict_to_text(const CycleVerdict& verdict) {
  nlohmann::ordered_json json{{"format", 1},
                              {"cycle", verdict.cycle_id},
                              {"baseline", verdict.baseline_id},
                              {"challenger", verdict.challenger_id},
                              {"snapshot", verdict.snapshot_id},
                              {"fingerprint", verdict.fingerprint},
                              {"decided_at", verdict.decided_at},
                              {"decision", gate_answer(verdict.answer)},
                              {"terms", to_json(verdict.rules)}};
  return json.dump(2) + "\n";
}

CycleVerdict verdict_from_text(const std::string& text, const std::filesystem::path& file) {
  try {
    auto json = nlohmann::ordered_json::parse(text);
    CycleVerdict verdict;
    verdict.cycle_id = json.at("cycle").get<std::string>();
    verdict.baseline_id = json.at("baseline").get<std::string>();
    verdict.challenger_id = json.at("challenger").get<std::string>();
    verdict.snapshot_id = json.at("snapshot").get<std::string>();
    verdict.fingerprint = json.at("fingerprint").get<std::string>();
    verdict.decided_at = json.at("decided_at").get<std::string>();
    for (const auto& each : json.at("terms")) verdict.rules.push_back(rule_from_json(each));
    verdict.answer = decide(verdict.rules);
    auto said = json.at("decision").get<std::string>();
    if (said != gate_answer(verdict.answer))
      throw FormatError({.path = file, .pointer = "/decision"},
                        fmt::format("says '{}', but its terms give '{}'", said, gate_answer(verdict.answer)));
    return verdict;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError({.path = file}, fmt::format("not a verdict: {}", error.what()));
  } catch (const UsageError& error) {
    throw FormatError({.path = file}, error.what());
  }
}

std::optional<CycleVerdict> read_verdict(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  return verdict_from_text(read_file(file), file);
}

}  // namespace ds

#include "ds/retrain/verdict.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"

namespace ds {

std::string to_string(Decision decision) {
  switch (decision) {
    case Decision::pass:
      return "pass";
    case Decision::reject:
      return "reject";
    case Decision::not_enough_data:
      break;
  }
  return "not enough data";
}

Decision decide(const std::vector<Term>& terms) {
  auto decision = terms.empty() ? Decision::not_enough_data : Decision::pass;
  for (const auto& each : terms) {
    if (each.state == TermState::not_met) return Decision::reject;
    if (each.state == TermState::unknown) decision = Decision::not_enough_data;
  }
  return decision;
}

std::string verdict_to_text(const CycleVerdict& verdict) {
  nlohmann::ordered_json json{{"format", 1},
                              {"cycle", verdict.cycle_id},
                              {"baseline", verdict.baseline_id},
                              {"challenger", verdict.challenger_id},
                              {"snapshot", verdict.snapshot_id},
                              {"fingerprint", verdict.fingerprint},
                              {"decided_at", verdict.decided_at},
                              {"decision", to_string(verdict.decision)},
                              {"terms", to_json(verdict.terms)}};
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
    for (const auto& each : json.at("terms")) verdict.terms.push_back(term_from_json(each));
    verdict.decision = decide(verdict.terms);
    auto said = json.at("decision").get<std::string>();
    if (said != to_string(verdict.decision))
      throw FormatError({.path = file, .pointer = "/decision"},
                        fmt::format("says '{}', but its terms give '{}'", said, to_string(verdict.decision)));
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

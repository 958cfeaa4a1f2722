#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ds/metrics/gate.h"
#include "ds/retrain/rule_check.h"

namespace ds {

/// `pass`, `reject`, `not enough data`: the words of verdict.json and of the audit log.
std::string gate_answer(Verdict verdict);

/// Any rule that is not met is a regression; else any unknown one is not enough data; else pass.
Verdict decide(const std::vector<RuleCheck>& rules);

/// The file that alone permits a promotion: what was compared with what, on which data, and every rule.
struct CycleVerdict {
  std::string cycle_id;
  std::string baseline_id;
  std::string challenger_id;
  std::string snapshot_id;
  std::string fingerprint;  // of the test data both were measured on
  std::string decided_at;
  Verdict answer = Verdict::not_enough_data;
  std::vector<RuleCheck> rules;
};

std::string verdict_to_text(const CycleVerdict& verdict);
/// Throws FormatError naming `file`, also when the answer does not follow from the rules.
CycleVerdict verdict_from_text(const std::string& text, const std::filesystem::path& file);
/// Nothing when there is no such file.
std::optional<CycleVerdict> read_verdict(const std::filesystem::path& file);

}  // namespace ds

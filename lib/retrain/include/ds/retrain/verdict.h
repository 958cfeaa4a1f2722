#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ds/retrain/term.h"

namespace ds {

/// What the gate answers.
enum class Decision { pass, reject, not_enough_data };
std::string to_string(Decision decision);

/// Any term that is not met rejects; else any unknown one is not enough data; else pass.
Decision decide(const std::vector<Term>& terms);

/// The file that alone permits a promotion: what was compared with what, on which data, and every term.
struct CycleVerdict {
  std::string cycle_id;
  std::string baseline_id;
  std::string challenger_id;
  std::string snapshot_id;
  std::string fingerprint;  // of the test data both were measured on
  std::string decided_at;
  Decision decision = Decision::not_enough_data;
  std::vector<Term> terms;
};

std::string verdict_to_text(const CycleVerdict& verdict);
/// Throws FormatError naming `file`, also when the decision does not follow from the terms.
CycleVerdict verdict_from_text(const std::string& text, const std::filesystem::path& file);
/// Nothing when there is no such file.
std::optional<CycleVerdict> read_verdict(const std::filesystem::path& file);

}  // namespace ds

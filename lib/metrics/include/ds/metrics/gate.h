#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ds/metrics/bootstrap.h"

namespace ds {

/// `AP>=baseline-0.01`, `AP50>=0.5`, `latency_p50_ms<=30`, `size_mb<=baseline+1`.
struct GateRule {
  std::string metric;
  bool at_least = true;   // else at most
  bool relative = false;  // to the baseline's value
  double amount = 0;      // the limit, or what is added to the baseline's value
  std::string text() const;
};

/// Metrics with an interval are AP, AP50, AP75, APs, APm, APl. Others are looked up among the facts. Throws
/// UsageError that shows the grammar.
GateRule parse_gate_rule(const std::string& text);

enum class Verdict { pass, regression, not_enough_data };
std::string to_string(Verdict verdict);
/// 0, 4, 5.
int exit_code_of(Verdict verdict);

struct GateOptions {
  std::vector<GateRule> rules;  // empty: AP>=baseline-0.02
  BootstrapOptions bootstrap = {};
  std::size_t min_groups = 10;  // with fewer groups of images an interval means nothing
};

/// One side of a gate.
struct GateSide {
  std::string name;
  const Matching* matching = nullptr;
  /// Measured facts without an interval, of this model: latency_p50_ms, latency_p95_ms, size_mb, parameters,
  /// accuracy, rmse ...
  std::map<std::string, double> facts = {};
};

struct RuleResult {
  GateRule rule;
  Verdict verdict = Verdict::not_enough_data;
  std::optional<double> baseline;
  std::optional<double> challenger;
  std::optional<Interval>
      interval;        // of challenger - baseline for relative rules, else of the challenger's value
  std::string reason;  // one sentence with the numbers
};

struct GateResult {
  Verdict verdict = Verdict::not_enough_data;
  std::vector<RuleResult> rules;
  std::size_t groups = 0;
  std::optional<double> smallest_difference;  // of AP that this dataset can tell
};

/// A rule passes when the whole interval is on its good side, fails when the whole interval is on the bad
/// side, and else there is not enough data to tell. Facts without an interval are compared as they are; a
/// missing one is not enough data. All rules must pass; one regression is a regression. Where several rules
/// are tested by intervals, a regression must stand Holm's correction (1979) over them, else it is not enough
/// data; passing needs none, since every rule must hold.
GateResult gate(const TruthTable& truth, const GateSide& baseline, const GateSide& challenger,
                const GateOptions& options = {});

/// Throws DataError when two evaluations were made on different truths.
void require_same_fingerprint(const std::string& baseline_name, const std::string& baseline_fingerprint,
                              const std::string& challenger_name, const std::string& challenger_fingerprint);

}  // namespace ds

#pragma once

#include <string>
#include <vector>

#include "ds/retrain/policy.h"
#include "ds/retrain/rule_check.h"
#include "ds/retrain/stages.h"
#include "ds/retrain/state.h"

/// The machine's decisions as pure functions of what was counted and measured.
namespace ds {

/// Every rule that must be met before a training starts.
/// @param now seconds since 1970
std::vector<RuleCheck> trigger_rules(const RetrainPolicy& policy, const RetrainState& state,
                                     const LabelCounts& labels, double now);

/// "c-" + the first 12 hex digits of a hash: the same inputs have the same id, and never train twice.
std::string trigger_id(const std::string& baseline_id, const std::string& snapshot_id,
                       const std::string& training_options);

/// What production must look like after a promotion. Comparisons need bake_min_requests on both sides.
std::vector<RuleCheck> bake_rules(const RetrainPolicy& policy, const TrafficSummary& before,
                                  const TrafficSummary& after);

/// What the labels are counted from: the snapshot of the newest cycle that used its labels up (a superseded
/// one did not, and manual ones have none). Empty: what the champion was trained on.
std::string last_learnt_snapshot(const RetrainState& state);

}  // namespace ds

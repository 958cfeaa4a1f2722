#include "ds/retrain/decisions.h"

#include <algorithm>

#include "ds/base/clock.h"
#include "ds/base/hash.h"

namespace ds {
namespace {

/// When the newest cycle that trained ended; nothing when none did.
std::optional<double> last_training_end(const RetrainState& state) {
  for (auto cycle = state.past.rbegin(); cycle != state.past.rend(); ++cycle)
    if (!cycle->snapshot_id.empty()) return parse_utc(cycle->finished_at);
  return std::nullopt;
}

double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace

std::vector<RuleCheck> trigger_rules(const RetrainPolicy& policy, const RetrainState& state,
                                     const LabelCounts& labels, double now) {
  std::vector<RuleCheck> rules;
  rules.push_back(
      check_rule("new reviewed images", static_cast<double>(labels.new_images), ">=", policy.min_new_images));
  rules.push_back(
      check_rule("new reviewed labels", static_cast<double>(labels.new_labels), ">=", policy.min_new_labels));
  if (auto end = last_training_end(state)) {
    rules.push_back(
        check_rule("time since the last cycle", std::max(0.0, now - *end), ">=", policy.cooldown_s, "s"));
  } else {
    auto rest =
        check_rule("time since the last cycle", std::nullopt, ">=", policy.cooldown_s, "s", "no cycle yet");
    rest.state = RuleState::met;
    rules.push_back(rest);
  }
  rules.push_back(check_rule("cycles in a row without a promotion", state.rejects_in_a_row(), "<=",
                             policy.max_rejects - 1, "", "circuit breaker; `ds-retrain resume` closes it"));
  return rules;
}

std::string trigger_id(const std::string& baseline_id, const std::string& snapshot_id,
                       const std::string& training_options) {
  return "c-" + sha256_hex(baseline_id + "\n" + snapshot_id + "\n" + training_options).substr(0, 12);
}

std::vector<RuleCheck> bake_rules(const RetrainPolicy& policy, const TrafficSummary& before,
                                  const TrafficSummary& after) {
  const std::string few = "fewer than " + std::to_string(policy.bake_min_requests) + " requests";
  bool enough = after.requests >= policy.bake_min_requests && after.requests > 0;
  bool comparable = enough && before.requests >= policy.bake_min_requests && before.requests > 0;
  auto when = [](bool known, double value) { return known ? std::optional(value) : std::nullopt; };
  const std::string note_after = enough ? "" : few + " since the promotion";
  const std::string note_both = !enough ? note_after : comparable ? "" : few + " before the promotion";

  std::vector<RuleCheck> rules;
  rules.push_back(check_rule("error rate", when(enough, share(after.errors, after.requests)),
                             "<=", policy.bake_max_error_rate, "share", note_after));
  bool timed = comparable && before.latency_p50_ms > 0;
  rules.push_back(check_rule("median latency over before",
                             when(timed, after.latency_p50_ms / (timed ? before.latency_p50_ms : 1)),
                             "<=", policy.bake_max_latency_ratio, "", note_both));
  rules.push_back(
      check_rule("rise of empty results",
                 when(comparable, share(after.empty, after.images) - share(before.empty, before.images)),
                 "<=", policy.bake_max_empty_increase, "share", note_both));
  bool scored = comparable && before.mean_top_score > 0 && after.mean_top_score > 0;
  rules.push_back(check_rule("fall of the mean best score",
                             when(scored, before.mean_top_score - after.mean_top_score),
                             "<=", policy.bake_max_score_drop, "share", note_both));
  return rules;
}

std::string last_learnt_snapshot(const RetrainState& state) {
  for (auto cycle = state.past.rbegin(); cycle != state.past.rend(); ++cycle)
    if (!cycle->snapshot_id.empty() && cycle->outcome != Outcome::superseded) return cycle->snapshot_id;
  return {};
}

}  // namespace ds

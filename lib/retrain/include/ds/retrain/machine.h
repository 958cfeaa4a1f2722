#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ds/retrain/policy.h"
#include "ds/retrain/retrain_log.h"
#include "ds/retrain/rule_check.h"
#include "ds/retrain/stages.h"
#include "ds/retrain/state.h"

namespace ds {

/// What one tick came to.
struct TickReport {
  enum class Kind {
    nothing,             // the trigger is not met
    waiting_for_labels,  // ... and captures wait for a reviewer
    stopped,             // ... the circuit breaker is open
    advanced,            // one stage further
    waiting,             // for the bake window, or for a training that another process runs
    promoted,            // the cycle is over
    rejected,
    undecided,
    failed,
    superseded,
    rolled_back
  };
  Kind kind = Kind::nothing;
  Stage stage = Stage::idle;  // after the tick
  std::string cycle_id;
  std::string message;  // one sentence
  CollectReport collected;
  std::vector<RuleCheck> rules;  // of the decision that this tick took

  /// Whether anything is different from before; cron is silent when not.
  bool changed() const;
  /// Whether another tick can do something now.
  bool again() const { return kind == Kind::advanced; }
};
std::string to_string(TickReport::Kind kind);

/// 0, 4 rejected or rolled back, 5 not enough data, 1 training failed, 75 superseded; `detailed` tells also
/// 10 trigger not met, 11 waiting for labels, 12 rejected, 13 rolled back.
int exit_code_of(TickReport::Kind kind, bool detailed);

/// Where the machine is and why, without changing anything.
struct Explanation {
  Stage stage = Stage::idle;
  std::optional<Cycle> open;
  std::string production;  // model id
  LabelCounts labels;
  std::vector<RuleCheck> rules;  // trigger rules when idle, gate or bake rules of the open cycle
  std::string counted_from;      // snapshot that new labels are counted from; empty: from nothing
  std::string summary;           // one sentence
};

/// The newest cycle whose verdict says that `challenger` passes against `baseline`, if any. Throws DataError for a
/// verdict that is not the one that the audit log recorded.
std::optional<std::string> passing_cycle(const RetrainFolder& folder, const RetrainState& state,
                                         const std::string& baseline, const std::string& challenger);

/// The tick machine of one deployment. All of its memory is RetrainFolder; a crash at any point (kill -9, a
/// thrown error) leaves a state from which the next tick comes to the same end. The caller holds the
/// project's "retrain" lock.
class RetrainMachine {
 public:
  RetrainMachine(RetrainFolder folder, RetrainPolicy policy, Stages& stages, std::string user);

  /// Records what is in production as the first entry of the log (and again whenever somebody else moves it).
  void begin() { observe_production(stages_.champion()); }
  /// One step. Throws what a stage throws; nothing is lost then.
  TickReport tick();
  Explanation explain();

  /// Promotes a model by hand, through the same promote and bake stages. It needs a verdict that passed it
  /// against today's champion, or `forced_reason`. Throws UsageError without either, for a model that was
  /// rolled back, and Busy while a cycle is open.
  TickReport promote(const std::string& model_id, const std::string& forced_reason);
  /// Throws what promote throws before it does anything.
  void require_promotable(const std::string& model_id, const std::string& forced_reason);
  /// Back to the model before the one in production, which is never promoted again. Throws UsageError when
  /// the audit log knows none.
  TickReport roll_back(const std::string& reason);
  /// What roll_back would go to.
  std::string rollback_model();
  bool breaker_is_open() const { return folder_.load().rejects_in_a_row() >= policy_.max_rejects; }
  /// Closes the circuit breaker. False when it was closed.
  bool reset_breaker(const std::string& reason);

  /// Called after every durable step with its name; tests throw from it to crash there.
  std::function<void(const std::string&)> checkpoint = [](const std::string&) {};

 private:
  TickReport idle_tick(RetrainState state);
  TickReport train_tick(RetrainState state);
  TickReport evaluate_tick(RetrainState state);
  TickReport gate_tick(RetrainState state);
  TickReport promote_tick(RetrainState state);
  TickReport bake_tick(RetrainState state);
  TickReport roll_back_tick(RetrainState state);
  TickReport dispatch(RetrainState state);

  LabelCounts count_labels(const RetrainState& state, const std::string& production);
  void observe_production(const std::string& production);
  void require_verdict(const Cycle& cycle) const;
  TickReport advance(RetrainState state, Stage stage, std::string message);
  TickReport close(RetrainState state, Outcome outcome, std::string message);
  void save(const RetrainState& state, const std::string& point);
  void record(const std::string& action, const std::map<std::string, std::string>& fields,
              const std::string& key);

  RetrainFolder folder_;
  RetrainPolicy policy_;
  Stages& stages_;
  std::string user_;
  RetrainLog audit_;
};

}  // namespace ds

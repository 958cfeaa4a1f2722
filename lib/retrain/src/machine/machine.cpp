#include "ds/retrain/machine.h"

#include <fmt/format.h>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "ds/retrain/decisions.h"

namespace ds {

bool TickReport::changed() const {
  bool quiet = kind == Kind::nothing || kind == Kind::waiting_for_labels || kind == Kind::stopped ||
               kind == Kind::waiting;
  return !quiet || collected.new_images > 0;
}

std::string to_string(TickReport::Kind kind) {
  using Kind = TickReport::Kind;
  switch (kind) {
    case Kind::nothing:
      return "nothing-to-do";
    case Kind::waiting_for_labels:
      return "waiting-for-labels";
    case Kind::stopped:
      return "stopped";
    case Kind::advanced:
      return "advanced";
    case Kind::waiting:
      return "waiting";
    case Kind::promoted:
      return "promoted";
    case Kind::rejected:
      return "rejected";
    case Kind::undecided:
      return "undecided";
    case Kind::failed:
      return "failed";
    case Kind::superseded:
      return "superseded";
    case Kind::rolled_back:
      return "rolled-back";
  }
  return "?";
}

int exit_code_of(TickReport::Kind kind, bool detailed) {
  using Kind = TickReport::Kind;
  switch (kind) {
    case Kind::nothing:
    case Kind::stopped:
      return detailed ? 10 : 0;
    case Kind::waiting_for_labels:
      return detailed ? 11 : 0;
    case Kind::rejected:
      return detailed ? 12 : 4;
    case Kind::rolled_back:
      return detailed ? 13 : 4;
    case Kind::undecided:
      return 5;
    case Kind::failed:
      return 1;
    case Kind::superseded:
      return 75;
    case Kind::advanced:
    case Kind::waiting:
    case Kind::promoted:
      break;
  }
  return 0;
}

RetrainMachine::RetrainMachine(RetrainFolder folder, RetrainPolicy policy, Stages& stages, std::string user)
    : folder_(std::move(folder)),
      policy_(std::move(policy)),
      stages_(stages),
      user_(std::move(user)),
      audit_(folder_.audit_file()) {}

TickReport RetrainMachine::tick() {
  return dispatch(folder_.load());
}

TickReport RetrainMachine::dispatch(RetrainState state) {
  switch (state.open ? state.open->stage : Stage::idle) {
    case Stage::idle:
      return idle_tick(std::move(state));
    case Stage::train:
      return train_tick(std::move(state));
    case Stage::evaluate:
      return evaluate_tick(std::move(state));
    case Stage::gate:
      return gate_tick(std::move(state));
    case Stage::promote:
      return promote_tick(std::move(state));
    case Stage::bake:
      return bake_tick(std::move(state));
    case Stage::roll_back:
      return roll_back_tick(std::move(state));
  }
  throw Error("unknown stage");
}

LabelCounts RetrainMachine::count_labels(const RetrainState& state, const std::string& production) {
  auto since = last_learnt_snapshot(state);
  return stages_.count_labels(since.empty() ? stages_.snapshot_of(production) : since);
}

TickReport RetrainMachine::idle_tick(RetrainState state) {
  TickReport report;
  report.collected = stages_.collect();
  checkpoint("collected");
  auto production = stages_.champion();
  observe_production(production);
  auto labels = count_labels(state, production);
  report.rules = trigger_rules(policy_, state, labels, unix_now());
  if (!all_met(report.rules)) {
    bool breaker_open = state.rejects_in_a_row() >= policy_.max_rejects;
    report.kind = breaker_open                ? TickReport::Kind::stopped
                  : labels.waiting_review > 0 ? TickReport::Kind::waiting_for_labels
                                              : TickReport::Kind::nothing;
    report.message = unmet_text(report.rules);
    if (report.kind == TickReport::Kind::waiting_for_labels)
      report.message +=
          fmt::format("; waiting for review: {}", counted(labels.waiting_review, "captured image"));
    return report;
  }
  auto snapshot = stages_.make_snapshot();
  checkpoint("snapshot");
  auto id = trigger_id(production, snapshot, stages_.training_options());
  bool trained_before = state.find(id) != nullptr;
  report.rules.push_back(check_rule("trainings of these inputs so far", trained_before ? 1 : 0, "<=", 0));
  if (trained_before) {
    report.message = fmt::format("{} trained these labels from this champion with these options before", id);
    return report;
  }
  Cycle cycle;
  cycle.id = cycle.verdict_of = id;
  cycle.started_at = utc_now();
  cycle.baseline_id = production;
  cycle.snapshot_id = snapshot;
  state.open = cycle;
  auto next = advance(std::move(state), Stage::train,
                      fmt::format("the trigger is met: {}; training from {} on {} is next",
                                  counted(labels.new_images, "new reviewed image"), production, snapshot));
  next.collected = report.collected;
  next.rules = report.rules;
  return next;
}

TickReport RetrainMachine::train_tick(RetrainState state) {
  auto& cycle = *state.open;
  record("cycle-started",
         {{"cycle", cycle.id}, {"baseline", cycle.baseline_id}, {"snapshot", cycle.snapshot_id}},
         "started:" + cycle.id);
  auto result = stages_.train(cycle);
  checkpoint("trained");
  TickReport report{.stage = Stage::train, .cycle_id = cycle.id, .message = result.message};
  switch (result.kind) {
    case TrainResult::Kind::still_running:
      report.kind = TickReport::Kind::waiting;
      return report;
    case TrainResult::Kind::done:
      cycle.challenger_id = result.model_id;
      record("trained", {{"cycle", cycle.id}, {"model", result.model_id}}, "trained:" + cycle.id);
      return advance(
          std::move(state), Stage::evaluate,
          fmt::format("trained {}; measuring it and {} is next", result.model_id, state.open->baseline_id));
    case TrainResult::Kind::failed:
      break;
  }
  ++cycle.failed_attempts;
  if (cycle.failed_attempts >= policy_.max_attempts)
    return close(std::move(state), Outcome::failed,
                 fmt::format("training failed {} times: {}", policy_.max_attempts, result.message));
  report.kind = TickReport::Kind::failed;
  report.message = fmt::format("training failed (attempt {} of {}, the next tick tries again): {}",
                               cycle.failed_attempts, policy_.max_attempts, result.message);
  save(state, "failed attempt");
  return report;
}

TickReport RetrainMachine::evaluate_tick(RetrainState state) {
  stages_.evaluate(*state.open);
  checkpoint("evaluated");
  return advance(std::move(state), Stage::gate, "measured both models; the gate is next");
}

TickReport RetrainMachine::gate_tick(RetrainState state) {
  const auto& cycle = *state.open;
  auto file = folder_.cycle_folder(cycle.id) / "verdict.json";
  auto verdict = read_verdict(file);
  if (!verdict) {
    verdict = stages_.gate(cycle);
    verdict->answer = decide(verdict->rules);
    write_file_atomically(file, verdict_to_text(*verdict));
    checkpoint("verdict written");
  }
  record("verdict",
         {{"cycle", cycle.id},
          {"baseline", cycle.baseline_id},
          {"challenger", cycle.challenger_id},
          {"decision", gate_answer(verdict->answer)},
          {"sha256", sha256_hex_of_file(file)}},
         "verdict:" + cycle.id);
  checkpoint("verdict recorded");
  TickReport report;
  switch (verdict->answer) {
    case Verdict::pass:
      report = advance(std::move(state), Stage::promote,
                       fmt::format("{} passes the gate against {}; promotion is next", cycle.challenger_id,
                                   cycle.baseline_id));
      break;
    case Verdict::regression:
      report = close(std::move(state), Outcome::rejected, "the gate says no: " + unmet_text(verdict->rules));
      break;
    case Verdict::not_enough_data:
      report = close(std::move(state), Outcome::undecided,
                     "not enough data to tell: " + unmet_text(verdict->rules));
      break;
  }
  report.rules = verdict->rules;
  return report;
}

TickReport RetrainMachine::advance(RetrainState state, Stage stage, std::string message) {
  state.open->stage = stage;
  save(state, to_string(stage));
  return {.kind = TickReport::Kind::advanced,
          .stage = stage,
          .cycle_id = state.open->id,
          .message = std::move(message)};
}

TickReport RetrainMachine::close(RetrainState state, Outcome outcome, std::string message) {
  auto cycle = *state.open;
  cycle.outcome = outcome;
  cycle.message = message;
  cycle.finished_at = utc_now();
  record("cycle-ended", {{"cycle", cycle.id}, {"outcome", to_string(outcome)}, {"why", message}},
         "ended:" + cycle.id);
  checkpoint("end recorded");
  state.past.push_back(cycle);
  state.open.reset();
  save(state, "closed");
  TickReport report{.stage = Stage::idle, .cycle_id = cycle.id, .message = std::move(message)};
  using Kind = TickReport::Kind;
  report.kind = outcome == Outcome::promoted     ? Kind::promoted
                : outcome == Outcome::rejected   ? Kind::rejected
                : outcome == Outcome::undecided  ? Kind::undecided
                : outcome == Outcome::superseded ? Kind::superseded
                : outcome == Outcome::failed     ? Kind::failed
                                                 : Kind::rolled_back;
  return report;
}

void RetrainMachine::save(const RetrainState& state, const std::string& point) {
  folder_.save(state);
  checkpoint(point);
}

void RetrainMachine::record(const std::string& action, const std::map<std::string, std::string>& fields,
                            const std::string& key) {
  audit_.add(user_, action, fields, key);
}

}  // namespace ds

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "ds/retrain/decisions.h"
#include "ds/retrain/machine.h"

/// The second half of the machine: promotion, bake window, rollback, and what people ask for by hand.
namespace ds {
namespace {

constexpr double kDay = 24 * 3600;

/// How production looked before a promotion is taken from as much time as the bake window, at least a day.
double comparison_time(const RetrainPolicy& policy) {
  return std::max(policy.bake_window_s, kDay);
}

std::string manual_id(const char* prefix, const std::string& model_id, const std::string& production,
                      const RetrainState& state) {
  auto text = fmt::format("{}\n{}\n{}", model_id, production, state.past.size());
  return prefix + sha256_hex(text).substr(0, 12);
}

/// The model that `production` replaced, by the audit log.
std::optional<std::string> model_before(const std::vector<RetrainLogEntry>& entries,
                                        const std::string& production, const RetrainState& state) {
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->action != "promoted" && entry->action != "in-production") continue;
    auto to = entry->fields.find("to");
    auto from = entry->fields.find("from");
    if (to == entry->fields.end() || from == entry->fields.end() || to->second != production) continue;
    if (!state.is_barred(from->second)) return from->second;
  }
  return std::nullopt;
}

[[noreturn]] void refuse_rollback(const std::string& production) {
  throw UsageError(fmt::format("the audit log knows no model before {} to go back to", production),
                   "`ds-retrain log` shows what was in production when");
}

/// Throws DataError unless the audit log knows this very file as the verdict of the cycle.
void require_recorded(const RetrainLog& audit, const std::string& cycle_id,
                      const std::filesystem::path& file) {
  auto sha256 = sha256_hex_of_file(file);
  auto entries = audit.list();
  if (std::none_of(entries.begin(), entries.end(), [&](const RetrainLogEntry& entry) {
        return entry.key == "verdict:" + cycle_id && entry.fields.at("sha256") == sha256;
      }))
    throw DataError(fmt::format("{} is not the verdict that the audit log recorded", file.string()));
}

}  // namespace

/// Someone may have moved production without us (ds-deploy promote): the log must still know.
void RetrainMachine::observe_production(const std::string& production) {
  auto entries = audit_.list();
  auto last = in_production_at(entries, utc_now());
  std::string from = last ? last->fields.at("to") : "";
  if (from == production) return;
  std::map<std::string, std::string> fields{{"to", production}};
  if (!from.empty()) fields["from"] = from;
  record("in-production", fields, "");
}

std::optional<std::string> passing_cycle(const RetrainFolder& folder, const RetrainState& state,
                                         const std::string& baseline, const std::string& challenger) {
  for (auto cycle = state.past.rbegin(); cycle != state.past.rend(); ++cycle) {
    if (cycle->baseline_id != baseline || cycle->challenger_id != challenger) continue;
    auto file = folder.cycle_folder(cycle->id) / "verdict.json";
    auto verdict = read_verdict(file);
    if (!verdict || verdict->answer != Verdict::pass || verdict->baseline_id != baseline ||
        verdict->challenger_id != challenger)
      continue;
    require_recorded(RetrainLog(folder.audit_file()), cycle->id, file);
    return cycle->id;
  }
  return std::nullopt;
}

/// Throws DataError unless the verdict that the cycle names permits exactly this promotion.
void RetrainMachine::require_verdict(const Cycle& cycle) const {
  auto file = folder_.cycle_folder(cycle.verdict_of) / "verdict.json";
  auto verdict = read_verdict(file);
  if (!verdict)
    throw DataError(fmt::format("{} is gone: without a verdict nothing is promoted", file.string()));
  if (verdict->answer != Verdict::pass || verdict->baseline_id != cycle.baseline_id ||
      verdict->challenger_id != cycle.challenger_id)
    throw DataError(fmt::format("{} says '{}' for {} against {}; it does not permit {} over {}",
                                file.string(), gate_answer(verdict->answer), verdict->challenger_id,
                                verdict->baseline_id, cycle.challenger_id, cycle.baseline_id));
  require_recorded(audit_, cycle.verdict_of, file);
}

TickReport RetrainMachine::promote_tick(RetrainState state) {
  auto& cycle = *state.open;
  if (state.is_barred(cycle.challenger_id))
    return close(std::move(state), Outcome::rejected,
                 fmt::format("{} was rolled back and is not promoted again", cycle.challenger_id));
  if (cycle.forced_reason.empty()) require_verdict(cycle);
  if (cycle.promoted_at.empty()) {
    double now = unix_now();
    cycle.before = stages_.traffic(now - comparison_time(policy_), now);
    cycle.promoted_at = utc_now();
    save(state, "promotion intended");
  }
  auto result = stages_.promote(cycle);
  checkpoint("promoted");
  if (!result.promoted)
    return close(std::move(state), result.refused ? Outcome::rejected : Outcome::superseded, result.message);
  cycle.generation = result.generation;
  std::map<std::string, std::string> fields{{"cycle", cycle.id},
                                            {"from", cycle.baseline_id},
                                            {"to", cycle.challenger_id},
                                            {"generation", std::to_string(result.generation)}};
  if (!cycle.forced_reason.empty()) fields["forced"] = cycle.forced_reason;
  record("promoted", fields, "promoted:" + cycle.id);
  checkpoint("promotion recorded");
  auto message = fmt::format("{} is in production (generation {}), in place of {}", cycle.challenger_id,
                             cycle.generation, cycle.baseline_id);
  return advance(std::move(state), Stage::bake, message);
}

TickReport RetrainMachine::bake_tick(RetrainState state) {
  auto& cycle = *state.open;
  TickReport report{.kind = TickReport::Kind::waiting, .stage = Stage::bake, .cycle_id = cycle.id};
  report.collected = stages_.collect();
  checkpoint("collected");
  auto production = stages_.champion();
  if (production != cycle.challenger_id) {
    observe_production(production);
    return close(
        std::move(state), Outcome::superseded,
        fmt::format("{} took the place of {} during the bake window", production, cycle.challenger_id));
  }
  double since = parse_utc(cycle.promoted_at);
  double now = unix_now();
  auto traffic = stages_.traffic(since, now);
  auto rules = bake_rules(policy_, cycle.before, traffic);
  auto collected = report.collected;
  bool broken = std::any_of(rules.begin(), rules.end(),
                            [](const RuleCheck& each) { return each.state == RuleState::not_met; });
  if (broken) {
    std::vector<RuleCheck> failing;
    std::copy_if(rules.begin(), rules.end(), std::back_inserter(failing),
                 [](const RuleCheck& each) { return each.state == RuleState::not_met; });
    cycle.message = "the bake window shows: " + unmet_text(failing);
    cycle.stage = Stage::roll_back;
    save(state, "rollback intended");
    report = roll_back_tick(std::move(state));
  } else if (now - since >= policy_.bake_window_s) {
    auto message = fmt::format("{} stays in production: {} requests since the promotion, nothing against it",
                               cycle.challenger_id, traffic.requests);
    report = close(std::move(state), Outcome::promoted, message);
  } else {
    report.message = fmt::format("{} is watched for {} more; {} requests so far", cycle.challenger_id,
                                 human_duration(policy_.bake_window_s - (now - since)), traffic.requests);
  }
  report.rules = rules;
  report.collected = collected;
  return report;
}

TickReport RetrainMachine::roll_back_tick(RetrainState state) {
  auto& cycle = *state.open;
  auto result = stages_.roll_back(cycle.challenger_id, cycle.baseline_id, cycle.message);
  checkpoint("rolled back");
  if (!result.promoted) return close(std::move(state), Outcome::superseded, result.message);
  auto who = cycle.asked_by.empty() ? user_ : cycle.asked_by;
  audit_.add(who, "rolled-back",
             {{"cycle", cycle.id},
              {"from", cycle.challenger_id},
              {"to", cycle.baseline_id},
              {"generation", std::to_string(result.generation)},
              {"why", cycle.message}},
             "rolled-back:" + cycle.id);
  checkpoint("rollback recorded");
  if (!state.is_barred(cycle.challenger_id)) state.barred.push_back(cycle.challenger_id);
  auto message = fmt::format("{} is back in production in place of {}: {}", cycle.baseline_id,
                             cycle.challenger_id, cycle.message);
  return close(std::move(state), Outcome::rolled_back, message);
}

void RetrainMachine::require_promotable(const std::string& model_id, const std::string& forced_reason) {
  auto state = folder_.load();
  if (state.open && state.open->challenger_id == model_id && state.open->stage == Stage::promote) return;
  if (state.open)
    throw Busy(fmt::format("cycle {} is open at stage '{}'", state.open->id, to_string(state.open->stage)),
               "let it end with `ds-retrain run`, or look at it with `ds-retrain explain`");
  auto production = stages_.champion();
  if (production == model_id) return;
  if (state.is_barred(model_id))
    throw UsageError(fmt::format("{} was rolled back and is not promoted again", model_id),
                     "train a new one: `ds-retrain run` does when there are new labels");
  if (!passing_cycle(folder_, state, production, model_id) && forced_reason.empty())
    throw UsageError(fmt::format("no verdict says that {} passes against {}, which is in production",
                                 model_id, production),
                     "a gate is run by `ds-retrain run`; a person may take it on themselves with "
                     "--force --reason TEXT");
}

TickReport RetrainMachine::promote(const std::string& model_id, const std::string& forced_reason) {
  require_promotable(model_id, forced_reason);
  auto state = folder_.load();
  if (state.open) return promote_tick(std::move(state));
  auto production = stages_.champion();
  if (production == model_id)
    return {.kind = TickReport::Kind::nothing, .message = model_id + " is in production already"};
  auto verdict_of = passing_cycle(folder_, state, production, model_id);
  observe_production(production);
  Cycle cycle;
  cycle.id = manual_id("p-", model_id, production, state);
  cycle.started_at = utc_now();
  cycle.stage = Stage::promote;
  cycle.baseline_id = production;
  cycle.challenger_id = model_id;
  cycle.verdict_of = verdict_of.value_or("");
  cycle.forced_reason = verdict_of ? "" : forced_reason;
  cycle.asked_by = user_;
  state.open = cycle;
  save(state, "manual promotion");
  return promote_tick(std::move(state));
}

TickReport RetrainMachine::roll_back(const std::string& reason) {
  auto state = folder_.load();
  if (state.open && state.open->stage == Stage::roll_back) return roll_back_tick(std::move(state));
  auto production = stages_.champion();
  bool baking = state.open && state.open->stage == Stage::bake && state.open->challenger_id == production;
  if (!baking) {
    observe_production(production);
    auto before = model_before(audit_.list(), production, state);
    if (!before) refuse_rollback(production);
    if (state.open) {
      close(state, Outcome::superseded, "production was rolled back by hand");
      state = folder_.load();
    }
    Cycle cycle;
    cycle.id = manual_id("b-", production, *before, state);
    cycle.started_at = utc_now();
    cycle.baseline_id = *before;
    cycle.challenger_id = production;
    state.open = cycle;
  }
  state.open->stage = Stage::roll_back;
  state.open->asked_by = user_;
  state.open->message = reason.empty() ? "asked for by " + user_ : reason;
  save(state, "manual rollback");
  return roll_back_tick(std::move(state));
}

std::string RetrainMachine::rollback_model() {
  auto state = folder_.load();
  auto production = stages_.champion();
  bool ours = state.open && state.open->challenger_id == production &&
              (state.open->stage == Stage::bake || state.open->stage == Stage::roll_back);
  auto before =
      ours ? std::optional(state.open->baseline_id) : model_before(audit_.list(), production, state);
  if (!before) refuse_rollback(production);
  return *before;
}

bool RetrainMachine::reset_breaker(const std::string& reason) {
  auto state = folder_.load();
  if (state.rejects_in_a_row() < policy_.max_rejects) return false;
  record("breaker-reset", {{"after", std::to_string(state.rejects_in_a_row())}, {"why", reason}},
         fmt::format("breaker:{}", state.past.size()));
  state.breaker_reset_at = state.past.size();
  save(state, "breaker reset");
  return true;
}

Explanation RetrainMachine::explain() {
  auto state = folder_.load();
  Explanation explanation;
  explanation.open = state.open;
  explanation.stage = state.open ? state.open->stage : Stage::idle;
  explanation.production = stages_.champion();
  auto since = last_learnt_snapshot(state);
  explanation.counted_from = since.empty() ? stages_.snapshot_of(explanation.production) : since;
  explanation.labels = stages_.count_labels(explanation.counted_from);
  if (!state.open) {
    explanation.rules = trigger_rules(policy_, state, explanation.labels, unix_now());
    explanation.summary = all_met(explanation.rules) ? "the trigger is met: the next tick freezes a snapshot"
                                                     : "waiting: " + unmet_text(explanation.rules);
    return explanation;
  }
  const auto& cycle = *state.open;
  if (cycle.stage == Stage::bake) {
    explanation.rules =
        bake_rules(policy_, cycle.before, stages_.traffic(parse_utc(cycle.promoted_at), unix_now()));
  } else if (auto verdict = read_verdict(folder_.cycle_folder(cycle.id) / "verdict.json")) {
    explanation.rules = verdict->rules;
  }
  explanation.summary =
      fmt::format("cycle {} is at stage '{}' since {}", cycle.id, to_string(cycle.stage), cycle.started_at);
  return explanation;
}

}  // namespace ds

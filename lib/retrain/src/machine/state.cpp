#include "ds/retrain/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "ds/base/error.h"
#include "ds/base/files.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<Stage, const char*>, 7> kStages{{{Stage::idle, "idle"},
                                                                {Stage::train, "train"},
                                                                {Stage::evaluate, "evaluate"},
                                                                {Stage::gate, "gate"},
                                                                {Stage::promote, "promote"},
                                                                {Stage::bake, "bake"},
                                                                {Stage::roll_back, "roll-back"}}};
constexpr std::array<std::pair<Outcome, const char*>, 7> kOutcomes{{{Outcome::open, "open"},
                                                                    {Outcome::promoted, "promoted"},
                                                                    {Outcome::rejected, "rejected"},
                                                                    {Outcome::undecided, "undecided"},
                                                                    {Outcome::failed, "failed"},
                                                                    {Outcome::superseded, "superseded"},
                                                                    {Outcome::rolled_back, "rolled-back"}}};

template <typename Pairs, typename Value>
std::string name_in(const Pairs& pairs, Value value) {
  for (const auto& [each, name] : pairs)
    if (each == value) return name;
  return "?";
}

template <typename Value, typename Pairs>
Value value_in(const Pairs& pairs, const std::string& kind, const std::string& text) {
  std::vector<std::string> known;
  for (const auto& [each, name] : pairs) {
    if (text == name) return each;
    known.emplace_back(name);
  }
  throw_unknown_name(kind, text, known);
}

Json to_json(const TrafficSummary& traffic) {
  return {{"requests", traffic.requests},
          {"errors", traffic.errors},
          {"images", traffic.images},
          {"empty", traffic.empty},
          {"latency_p50_ms", traffic.latency_p50_ms},
          {"mean_top_score", traffic.mean_top_score}};
}

TrafficSummary traffic_from_json(const Json& json) {
  TrafficSummary traffic;
  traffic.requests = json.at("requests").get<std::int64_t>();
  traffic.errors = json.at("errors").get<std::int64_t>();
  traffic.images = json.at("images").get<std::int64_t>();
  traffic.empty = json.at("empty").get<std::int64_t>();
  traffic.latency_p50_ms = json.at("latency_p50_ms").get<double>();
  traffic.mean_top_score = json.at("mean_top_score").get<double>();
  return traffic;
}

Cycle cycle_from_json(const Json& json) {
  Cycle cycle;
  cycle.id = json.at("id").get<std::string>();
  cycle.stage = stage_from_string(json.at("stage").get<std::string>());
  cycle.outcome = outcome_from_string(json.at("outcome").get<std::string>());
  cycle.message = json.at("message").get<std::string>();
  cycle.started_at = json.at("started_at").get<std::string>();
  cycle.finished_at = json.at("finished_at").get<std::string>();
  cycle.baseline_id = json.at("baseline").get<std::string>();
  cycle.snapshot_id = json.at("snapshot").get<std::string>();
  cycle.challenger_id = json.at("challenger").get<std::string>();
  cycle.failed_attempts = json.at("failed_attempts").get<int>();
  cycle.verdict_of = json.at("verdict_of").get<std::string>();
  cycle.forced_reason = json.at("forced_reason").get<std::string>();
  cycle.asked_by = json.at("asked_by").get<std::string>();
  cycle.promoted_at = json.at("promoted_at").get<std::string>();
  cycle.generation = json.at("generation").get<std::int64_t>();
  cycle.before = traffic_from_json(json.at("before"));
  return cycle;
}

/// A state that cannot be read.
std::string what_to_do_about(const std::filesystem::path& file) {
  return fmt::format(
      "put back a copy of it from a backup; or begin without it: mv {0} {0}.broken. Production, labels and the audit "
      "log stay, but an open cycle is given up, and which models were rolled back is then known only to `ds-retrain log`",
      file.string());
}

/// Of those that were tried in full and led nowhere; a superseded cycle says nothing about the training.
bool is_reject(Outcome outcome) {
  return outcome == Outcome::rejected || outcome == Outcome::undecided || outcome == Outcome::failed ||
         outcome == Outcome::rolled_back;
}

}  // namespace

std::string to_string(Stage stage) {
  return name_in(kStages, stage);
}
Stage stage_from_string(const std::string& text) {
  return value_in<Stage>(kStages, "stage", text);
}
std::string to_string(Outcome outcome) {
  return name_in(kOutcomes, outcome);
}
Outcome outcome_from_string(const std::string& text) {
  return value_in<Outcome>(kOutcomes, "outcome", text);
}

int RetrainState::rejects_in_a_row() const {
  int count = 0;
  for (std::size_t i = past.size(); i > breaker_reset_at; --i) {
    if (past[i - 1].outcome == Outcome::promoted) break;
    if (is_reject(past[i - 1].outcome)) ++count;
  }
  return count;
}

const Cycle* RetrainState::find(const std::string& cycle_id) const {
  if (open && open->id == cycle_id) return &*open;
  for (const auto& cycle : past)
    if (cycle.id == cycle_id) return &cycle;
  return nullptr;
}

bool RetrainState::is_barred(const std::string& model_id) const {
  return std::find(barred.begin(), barred.end(), model_id) != barred.end();
}

Json to_json(const Cycle& cycle) {
  return {{"id", cycle.id},
          {"stage", to_string(cycle.stage)},
          {"outcome", to_string(cycle.outcome)},
          {"message", cycle.message},
          {"started_at", cycle.started_at},
          {"finished_at", cycle.finished_at},
          {"baseline", cycle.baseline_id},
          {"snapshot", cycle.snapshot_id},
          {"challenger", cycle.challenger_id},
          {"failed_attempts", cycle.failed_attempts},
          {"verdict_of", cycle.verdict_of},
          {"forced_reason", cycle.forced_reason},
          {"asked_by", cycle.asked_by},
          {"promoted_at", cycle.promoted_at},
          {"generation", cycle.generation},
          {"before", to_json(cycle.before)}};
}

std::string state_to_text(const RetrainState& state) {
  Json json{{"format", RetrainState::kFormat}, {"open", nullptr}, {"past", Json::array()}};
  if (state.open) json["open"] = to_json(*state.open);
  for (const auto& cycle : state.past) json["past"].push_back(to_json(cycle));
  json["barred"] = state.barred;
  json["breaker_reset_at"] = state.breaker_reset_at;
  return json.dump(2) + "\n";
}

RetrainState state_from_text(const std::string& text, const std::filesystem::path& file) {
  try {
    auto json = Json::parse(text);
    int format = json.at("format").get<int>();
    if (format > RetrainState::kFormat)
      throw FormatError({.path = file, .pointer = "/format"},
                        fmt::format("format {} is newer than this tool's {}", format, RetrainState::kFormat),
                        "use the version of ds that wrote it, or a newer one");
    RetrainState state;
    if (!json.at("open").is_null()) state.open = cycle_from_json(json["open"]);
    for (const auto& cycle : json.at("past")) state.past.push_back(cycle_from_json(cycle));
    state.barred = json.at("barred").get<std::vector<std::string>>();
    state.breaker_reset_at = json.at("breaker_reset_at").get<std::size_t>();
    return state;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError({.path = file}, fmt::format("not a state of ds-retrain: {}", error.what()),
                      what_to_do_about(file));
  } catch (const UsageError& error) {
    throw FormatError({.path = file}, error.what(), what_to_do_about(file));
  }
}

RetrainState RetrainFolder::load() const {
  if (!std::filesystem::exists(state_file())) return {};
  return state_from_text(read_file(state_file()), state_file());
}

void RetrainFolder::save(const RetrainState& state) const {
  write_file_atomically(state_file(), state_to_text(state));
}

}  // namespace ds

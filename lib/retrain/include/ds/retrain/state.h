#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ds {

/// Where the machine of one deployment is: idle -> train -> evaluate -> gate -> promote -> bake -> idle, and
/// bake -> roll_back -> idle. A manual promotion enters at promote, a manual rollback at roll_back.
enum class Stage { idle, train, evaluate, gate, promote, bake, roll_back };
std::string to_string(Stage stage);
Stage stage_from_string(const std::string& text);

/// How a cycle ended. `superseded`: somebody else moved the champion while the challenger was being made.
enum class Outcome { open, promoted, rejected, undecided, failed, superseded, rolled_back };
std::string to_string(Outcome outcome);
Outcome outcome_from_string(const std::string& text);

/// What production looked like over some requests. Shares are 0..1; latency in milliseconds.
struct TrafficSummary {
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::int64_t images = 0;  // answered
  std::int64_t empty = 0;   // of those, without any detection
  double latency_p50_ms = 0;
  double mean_top_score = 0;  // over images with detections
  bool operator==(const TrafficSummary&) const = default;
};

/// One turn of the loop: from a trigger to its end.
struct Cycle {
  std::string id;  // "c-" + 12 hex digits: the trigger id, a hash of baseline, snapshot and training options
  Stage stage = Stage::train;
  Outcome outcome = Outcome::open;
  std::string message;  // why it ended as it did
  std::string started_at, finished_at;
  std::string baseline_id;  // the champion it began with
  std::string snapshot_id;
  std::string challenger_id;
  int failed_attempts = 0;
  std::string verdict_of;  // the cycle whose verdict file permits the promotion: itself, but for manual ones
  std::string forced_reason;  // a person's, instead of a verdict
  std::string asked_by;       // who asked for a manual promotion or rollback
  std::string promoted_at;
  std::int64_t generation = 0;  // of the deployment after the promotion
  TrafficSummary before;        // the champion's traffic at the promotion
};

/// Everything that the machine must remember, in one file that is replaced atomically: no step can leave half
/// of it. Past cycles are kept here too, so "was this trained before" has one answer.
struct RetrainState {
  static constexpr int kFormat = 1;
  std::optional<Cycle> open;
  std::vector<Cycle> past;           // oldest first
  std::vector<std::string> barred;   // models that were rolled back: never promoted again
  std::size_t breaker_reset_at = 0;  // rejects before this index of `past` no longer count

  /// Past cycles in a row, newest backwards, that trained in vain.
  int rejects_in_a_row() const;
  const Cycle* find(const std::string& cycle_id) const;
  bool is_barred(const std::string& model_id) const;
};

nlohmann::ordered_json to_json(const Cycle& cycle);
std::string state_to_text(const RetrainState& state);
/// Throws FormatError naming `file`; a newer format is refused with advice.
RetrainState state_from_text(const std::string& text, const std::filesystem::path& file);

/// retrain/<deployment>/: retrain.yaml, state.json, audit.jsonl, cycles/<id>/verdict.json ...
class RetrainFolder {
 public:
  explicit RetrainFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path policy_file() const { return folder_ / "retrain.yaml"; }
  std::filesystem::path audit_file() const { return folder_ / "audit.jsonl"; }
  std::filesystem::path cycle_folder(const std::string& cycle_id) const {
    return folder_ / "cycles" / cycle_id;
  }
  /// The empty state when there is none yet.
  RetrainState load() const;
  void save(const RetrainState& state) const;

 private:
  std::filesystem::path state_file() const { return folder_ / "state.json"; }
  std::filesystem::path folder_;
};

}  // namespace ds

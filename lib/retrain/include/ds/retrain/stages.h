#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ds/retrain/state.h"
#include "ds/retrain/verdict.h"

namespace ds {

/// What `collect` did with the captured requests.
struct CollectReport {
  std::size_t captures = 0;    // read
  std::size_t new_images = 0;  // now under review
  std::size_t duplicates = 0;  // their bytes were in the project already
  std::size_t holdout = 0;     // of the new ones, for the production holdout
  std::size_t near_test = 0;   // of the new ones, kept out of training for looking like a test image
  std::size_t broken = 0;      // no readable image or sidecar; each was logged
};

/// The labels a training could learn from.
struct LabelCounts {
  std::int64_t new_images = 0;      // reviewed or changed since the last training; train and val only
  std::int64_t new_labels = 0;      // objects on them
  std::int64_t waiting_review = 0;  // captures that no person has looked at yet
};

struct TrainResult {
  enum class Kind { done, failed, still_running };
  Kind kind = Kind::failed;
  std::string model_id;  // when done
  std::string message;   // otherwise
};

struct PromoteResult {
  bool promoted = false;        // false: the deployment was moved by somebody else
  std::int64_t generation = 0;  // of the deployment, afterwards
  std::string message = {};
  bool refused = false;  // not promoted because the model itself cannot serve: the golden check
};

/// What the machine does to the world. Every call is idempotent: after a crash it is made again with the same
/// arguments and must come to the same end. Errors are thrown; a thrown call is tried again by the next tick.
class Stages {
 public:
  virtual ~Stages() = default;
  /// Captured requests become images under review.
  virtual CollectReport collect() = 0;
  /// @param since_snapshot what was learnt from last; empty: nothing yet
  virtual LabelCounts count_labels(const std::string& since_snapshot) = 0;
  /// The deployment's champion: the model that it serves. Another deployment's is of no concern.
  virtual std::string champion() = 0;
  /// What the model was trained on; empty when not known.
  virtual std::string snapshot_of(const std::string& model_id) = 0;
  /// Freezes what is labelled now; the same content gives the same id.
  virtual std::string make_snapshot() = 0;
  /// Text that names everything that decides what a training makes, but baseline and snapshot.
  virtual std::string training_options() = 0;
  virtual TrainResult train(const Cycle& cycle) = 0;
  /// Measures both models on the cycle's frozen test split.
  virtual void evaluate(const Cycle& cycle) = 0;
  virtual CycleVerdict gate(const Cycle& cycle) = 0;
  /// Compare-and-swap of what the deployment serves, running or not, from the baseline to the challenger.
  virtual PromoteResult promote(const Cycle& cycle) = 0;
  /// The deployment's requests between two times, seconds since 1970.
  virtual TrafficSummary traffic(double from, double until) = 0;
  /// Back to `to` where production is still on `from`; not promoted when it is on neither.
  virtual PromoteResult roll_back(const std::string& from, const std::string& to,
                                  const std::string& reason) = 0;
};

}  // namespace ds

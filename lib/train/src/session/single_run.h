#pragma once

#include <string>

#include "ds/base/lock.h"
#include "ds/runs/folder.h"
#include "ds/train/session.h"
#include "ds/train/train_data.h"
#include "loop/training_loop.h"

namespace ds::detail {

/// A piece of a run: from where it stands to a pause, or to its end.
struct Leg {
  int pause_epoch = 0;         // stop after this epoch; 0: not by epochs
  double pause_elapsed_s = 0;  // stop after the epoch in which the run's time reaches this; 0: not by time
  double budget_s = 0;         // the run's whole time from now on, instead of its config's; 0: as it is
  std::string then = {};       // why it pauses: stands in the run's record
};

struct LegResult {
  bool paused = false;
  double ap = -1;        // of the last validation
  double elapsed_s = 0;  // of the run so far
  TrainedRun trained;    // with a model unless it paused
};

/// What a run was made with, checked again. Throws FormatError or UsageError naming its config.yaml.
RunConfig config_of(const RunRecord& run);

/// One run of a session, from its record to its model. Holds the run's lock while it lives; keeps record,
/// status and log in step with what happens, whatever is thrown.
class SingleRun {
 public:
  SingleRun(Project& project, RunRecord record, const TrainData& data, const TrainHooks& hooks);

  /// Trains one leg. Throws what the loop throws, after noting it in the record.
  LegResult train(const Leg& leg);
  /// Ends a paused run early: its best weights become its model. @param why stands in the record
  TrainedRun conclude(const std::string& why);

 private:
  /// Tells the other ranks what comes.
  /// @param conclude no training, only scores
  TrainingLoop make_loop(const Leg& leg, bool conclude);
  ModelRecord publish(TrainingLoop& loop, const Progression& progression);
  void begin();
  void finish(RunState state, const std::string& message);
  /// Runs `work` between begin() and finish(): the state it gives, or the one that an error means.
  void noting(const std::function<RunState()>& work, std::string& message);

  Project& project_;
  RunRecord record_;
  const TrainData& data_;
  const TrainHooks& hooks_;
  RunFolder folder_;
  FileLock lock_;
  RunConfig config_;
};

}  // namespace ds::detail

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/progress.h"
#include "ds/project/event_log.h"
#include "ds/project/model_store.h"
#include "ds/project/run_store.h"
#include "ds/train/plan.h"
#include "ds/train/ranks.h"

namespace ds {

class Project;

struct TrainHooks {
  Progress* progress = nullptr;  // nullptr: nobody looks
  /// Tells people what happened (first-model-done, run-done, run-failed, all-runs-done ...). Empty: the
  /// project's event log alone.
  std::function<void(const Event&)> announce = {};
  /// Those that train with this process, which is rank 0; the others call `follow_training`. nullptr: alone.
  Ranks* ranks = nullptr;
};

struct TrainedRun {
  RunRecord run;
  std::optional<ModelRecord> model;
  std::string error;  // why there is no model
};

struct TrainReport {
  std::vector<TrainedRun> runs;
  /// Index into `runs` of the model with the best validation AP; nothing when none succeeded or has one.
  std::optional<std::size_t> best;
};

/// Trains a plan's jobs and registers each one's best weights as a model of the project. Several are candidates
/// of one group: they are trained in stages, between which the hopeless drop out (`eliminate`). All jobs'
/// data are checked before the first step. One job's failure is thrown; among several it is recorded, and
/// the rest go on.
TrainReport train(Project& project, const TrainingPlan& plan, const TrainHooks& hooks = {});
/// Continues a run from its last checkpoint to the result it would have had, then the unfinished runs of its
/// group. Throws UsageError when all of them are done, or when it is going on.
TrainReport resume_training(Project& project, const std::string& run_id, const TrainHooks& hooks = {});

/// Checks the jobs' data and makes their records and folders, as `train` does, and leaves them queued for
/// `finish_training`, on whatever machine.
std::vector<RunRecord> queue_training(Project& project, const TrainingPlan& plan);
/// Brings one run to its end, wherever it stands: starts a queued one, continues one that stopped or failed,
/// and reports one that is done as it is. The candidates beside it are left alone. A scheduler may ask for
/// this as often as it likes. Throws Busy while another process has the run.
TrainReport finish_training(Project& project, const std::string& run_id, const TrainHooks& hooks = {});

/// What every rank but 0 calls while rank 0 trains or resumes: computes its share of each run, reads the
/// project and writes nothing. Returns, or throws, when rank 0 does.
void follow_training(Project& project, Ranks& ranks);

}  // namespace ds

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ds/base/progress.h"
#include "ds/project/event_log.h"
#include "ds/project/model_store.h"
#include "ds/project/run_store.h"
#include "ds/train/ranks.h"
#include "ds/train/train_options.h"

namespace ds {

class Project;

/// What a run's config.yaml holds: enough to continue it, or to do it again.
struct RunConfig {
  TrainOptions options;  // resolved: sizes, threads and replicas as they were
  std::string snapshot;
  std::string recipe;
  std::string name;                     // of the model; empty: made from architecture, size and time
  std::string parent;                   // model id or file of the weights it started from
  std::string eliminate = "dominated";  // rule of ds/train/elimination.h for the candidates of its group
  double group_budget_s = 0;            // for all of them together; 0: no limit but each one's own

  void bind(OptionSet& set);
};

/// One model to train.
struct TrainJob {
  RunConfig config;
  /// Where each option's value came from: option name -> "recipe.yaml:12"; stands as
  /// a comment in config.yaml.
  std::map<std::string, std::string> origins = {};
};

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
  /// Index into `runs` of the model with the best validation AP; nothing when none succeeded.
  std::optional<std::size_t> best;
};

/// Throws UsageError for an unknown architecture and for values out of range; needs no project.
void check_options(const TrainOptions& options);
/// Makes a snapshot of everything done when `snapshot` is empty, else finds it; returns its id.
std::string resolve_snapshot(Project& project, const std::string& snapshot);
/// Fills in what options leave open: input size, threads (of each rank), replicas (on all ranks), parent.
/// Throws UsageError for bad options.
/// @param place any of the ranks that will train it
RunConfig resolve_config(Project& project, RunConfig config, const RankPlace& place = {});

/// Trains the jobs and registers each one's best weights as a model of the project. Several are candidates
/// of one group: they are trained in stages, between which the hopeless drop out (`eliminate`). All jobs'
/// data are checked before the first step. One job's failure is thrown; among several it is recorded, and
/// the rest go on.
TrainReport train(Project& project, const std::vector<TrainJob>& jobs, const TrainHooks& hooks = {});
/// Continues a run from its last checkpoint to the result it would have had, then the unfinished runs of its
/// group. Throws UsageError when all of them are done, or when it is going on.
TrainReport resume_training(Project& project, const std::string& run_id, const TrainHooks& hooks = {});

/// Checks the jobs' data and makes their records and folders, as `train` does, and leaves them queued for
/// `finish_training`, on whatever machine.
std::vector<RunRecord> queue_training(Project& project, const std::vector<TrainJob>& jobs);
/// Brings one run to its end, wherever it stands: starts a queued one, continues one that stopped or failed,
/// and reports one that is done as it is. The candidates beside it are left alone. A scheduler may ask for
/// this as often as it likes. Throws Busy while another process has the run.
TrainReport finish_training(Project& project, const std::string& run_id, const TrainHooks& hooks = {});
/// What the ranks must have been asked alike, for Ranks::require_same: the versions and every option that
/// decides what is computed.
std::vector<std::pair<std::string, std::string>> request_facts(const std::vector<TrainJob>& jobs,
                                                               const std::string& resume);
/// What every rank but 0 calls while rank 0 trains or resumes: computes its share of each run, reads the
/// project and writes nothing. Returns, or throws, when rank 0 does.
void follow_training(Project& project, Ranks& ranks);

/// Puts a weight file into the registry as a model.
struct RegisterRequest {
  std::string weights;
  std::string arch;
  std::vector<std::string> classes;
  std::string input_size = {};  // empty: the architecture's
  std::string name = {};
};
/// Throws DataError when the weights do not fit the architecture and classes.
ModelRecord register_weights(Project& project, const RegisterRequest& request);

}  // namespace ds

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ds/config/option_set.h"
#include "ds/runs/config.h"
#include "ds/train/rank_place.h"

/// From what a person asks for to what is trained.
namespace ds {

class Project;

/// An option that somebody has set: by a flag, in a file, in the environment.
struct GivenOption {
  std::string name;
  std::vector<std::string> values;
  ValueSource source = ValueSource::flag;
  std::string origin = {};  // of a value in a file: "mine.yaml:3"
};
/// Those of a set that are no longer at their built-in values.
std::vector<GivenOption> given_options(const OptionSet& options);

struct TrainRequest {
  std::string priority = "balanced";  // the grid that the candidates come from: speed, balanced, accuracy
  int candidates = 1;
  std::vector<std::string> custom =
      {};                               // not empty: these instead of the grid's, as `parse_candidate` has it
  std::string eliminate = "dominated";  // a rule of ds/train/elimination.h
  std::string recipe = {};              // for all of them; empty: by the grid
  std::string snapshot = {};            // empty: a new one of everything done
  std::string name = {};                // of the model; empty: architecture and time
  std::uint64_t seed = 0;
  int threads = 0;  // of each rank; 0: all of its processors
  /// What lies above the recipes' values; names that are no option of training are left alone.
  std::vector<GivenOption> given = {};
  std::string auto_device = "auto";  // what the device "auto" is where it will be trained
  RankPlace place = {};              // of any of the ranks that will train it
  bool dry_run = false;              // makes no snapshot, so that the plan may name none
};

/// One model to train.
struct TrainJob {
  RunConfig config;
  OptionOrigins origins = {};
};

/// What `train` and `queue_training` take: the candidates of one group, every option resolved.
struct TrainingPlan {
  std::vector<TrainJob> jobs;
};

/// The jobs of a request, each its recipe's values with the given ones above them and notes on where each
/// came from, then resolved in the project: the snapshot, and what options leave open (input size, threads,
/// replicas, parent). A budget is divided among the candidates.
/// Throws UsageError for unknown names and for values out of range.
TrainingPlan prepare_training(Project& project, const TrainRequest& request);
/// The same for jobs that were put together by hand; the first one's snapshot is everybody's.
TrainingPlan prepare_training(Project& project, std::vector<TrainJob> jobs, const RankPlace& place = {});

/// What the ranks must have been asked alike, for Ranks::require_same: the versions and every option that
/// decides what is computed. Throws for a request as `prepare_training` does, as far as that goes without a
/// project. @param resume a run instead of the request
std::vector<std::pair<std::string, std::string>> request_facts(const TrainRequest& request,
                                                               const std::string& resume);

}  // namespace ds

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ds/compare/run_model.h"
#include "ds/metrics/gate.h"
#include "ds/project/evaluation_store.h"

namespace ds {

class Project;

struct ProjectEvalOptions {
  std::string snapshot = {};  // empty: made of what is done now
  std::string split = "test";
  RunOptions run = {};
  bool force = false;  // evaluate again even when the same evaluation is stored
};

/// A model to evaluate: of the registry (id, name, alias), a bundle folder or a weight file.
struct ProjectEvalRequest {
  std::string model;
  /// Its operating threshold, in place of ProjectEvalOptions::run.evaluate.confidence.
  std::optional<double> confidence = std::nullopt;
};

struct StoredEvaluation {
  EvaluationRecord record;
  ComparedModel model;
  bool reused = false;  // it was there already
};

struct ProjectEvaluations {
  EvalData data;
  std::vector<StoredEvaluation> models;  // as requested
};

/// Evaluates models on a split and stores the results. The same model, snapshot, split and settings
/// are not run again unless forced; those that are run take turns on every image, so that their
/// latencies can be compared.
ProjectEvaluations evaluate_in_project(Project& project, const std::vector<ProjectEvalRequest>& requests,
                                       const ProjectEvalOptions& options, Progress& progress);

/// Which stored evaluations are compared: those of one truth.
struct StoredSelection {
  std::string snapshot = {};             // empty: of the newest evaluation
  std::string split = {};                // empty: of the newest evaluation
  std::vector<std::string> models = {};  // only the newest evaluation of each of these; empty: all
};

struct Comparison {
  EvalData data;
  std::vector<ComparedModel> models;      // newest evaluation of each model and settings, highest AP first
  std::vector<LeaderboardEntry> entries;  // as `models`
  PairwiseComparison pairwise;            // as `models`; empty with one model or without resamples
  std::size_t on_other_data = 0;          // stored evaluations on another truth
};

/// Throws UsageError when nothing is stored (or nothing that fits), DataError when stored files are broken.
Comparison compare_stored(Project& project, const StoredSelection& selection,
                          const BootstrapOptions& bootstrap);

/// The gate between the newest evaluations of two models. Throws UsageError naming the command to run when
/// one has none, DataError when they were measured on different truths.
GateResult gate_stored(Project& project, const std::string& baseline, const std::string& candidate,
                       const StoredSelection& selection, const GateOptions& options);

}  // namespace ds

#pragma once

#include <string>

#include "ds/retrain/stages.h"

namespace ds {

class Project;

struct CollectOptions {
  std::string deployment;
  double proposal_min_score = 0.3;
};

/// Captured requests (deployments/<name>/captures/ab/<sha256>.*) become images of the project, once each:
/// running it again, or after a crash at any point, adds nothing twice.
///
///  - For training (most): under review, with the model's detections as proposals; split train or val by the
///    project's keyed hash of the group, never test. Origin `capture:<deployment>`.
///  - Holdout (fixed at capture): split test, unlabelled and without proposals, to be labelled blind. Origin
///    `capture:<deployment>:holdout`. Never trains.
///  - A near-duplicate of a test image or of an earlier capture joins that image's group and split, so that
///    nothing straddles; origin `capture:<deployment>:near-test` when that keeps it out of training and
///    holdout.
///  - Bytes that the project has already are recorded, not added again.
///  - A sidecar or picture that cannot be read is renamed to *.broken with a warning, and stays.
CollectReport collect_captures(Project& project, const CollectOptions& options);

/// How many captures are not collected yet.
std::size_t uncollected_captures(Project& project, const std::string& deployment);

/// `capture:<deployment>`, with `:holdout` or `:near-test`.
std::string capture_origin(const std::string& deployment, const std::string& kind = {});

}  // namespace ds

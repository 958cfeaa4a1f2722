#pragma once

#include <string>

#include "ds/runs/train_options.h"

/// What can be told of a run, and of this build, without its loop.
namespace ds::detail {

/// How many replicas a batch is shared over, on all ranks together: on a CPU as many as there are
/// threads, as long as each gets four images (fewer make BatchNorm's statistics poor); on GPUs one for
/// each rank. A multiple of `ranks`. Throws UsageError when --replicas is none, and when there are
/// fewer images than replicas.
int replica_count(const TrainOptions& options, int ranks = 1);

/// The input size of resolved options.
InputSize input_of(const TrainOptions& options);

/// Operations of one image at the input size of resolved options.
double operations_of_image(const TrainOptions& options, int classes);

/// "2.1.0".
std::string torch_version();

}  // namespace ds::detail

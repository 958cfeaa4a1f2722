#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "loop/flat_parameters.h"

namespace ds::detail {

struct OptimizerOptions {
  std::string kind = "adamw";  // or "sgd" (with Nesterov momentum)
  double momentum = 0.9;       // sgd; AdamW's beta1
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.05;  // not on biases and norms; AdamW's is decoupled (arXiv 1711.05101)
};

/// Changes flat parameters by their gradients. Its state is named tensors, so that a checkpoint
/// holds all of it.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  virtual void step(double learning_rate) = 0;
  /// Shares storage with the optimiser: copy into them to restore.
  virtual std::vector<std::pair<std::string, at::Tensor>> state() = 0;
};

/// Throws UsageError for an unknown kind. `parameters` must outlive the result.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, FlatParameters& parameters);

}  // namespace ds::detail

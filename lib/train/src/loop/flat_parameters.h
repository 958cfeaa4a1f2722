#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace torch::nn {
class Module;
}

namespace ds::detail {

/// A net's parameters, gradients and BatchNorm statistics as windows into three long vectors, so that an
/// optimiser step, gradient clipping, averaging and a sum over replicas or ranks are a few operations on one
/// vector instead of hundreds on short ones. A parameter that stands under several names has one place.
/// Four-dimensional parameters lie channels-last. The order of the values: parameters that weight decay
/// applies to (two dimensions or more), biases and norms, frozen ones.
class FlatParameters {
 public:
  /// Moves the net's tensors into the vectors. Parameters whose name begins with one
  /// of `frozen_prefixes` learn nothing.
  explicit FlatParameters(torch::nn::Module& net, const std::vector<std::string>& frozen_prefixes = {});
  /// The same for a replica: its values are `first`'s own storage, gradients and statistics are separate.
  FlatParameters(torch::nn::Module& net, const FlatParameters& first,
                 const std::vector<std::string>& frozen_prefixes = {});

  at::Tensor values;         // [N] float32
  at::Tensor gradients;      // [trained]; zero it before each backward pass
  at::Tensor statistics;     // [S] float32: floating buffers
  std::int64_t decayed = 0;  // the first so many values get weight decay
  std::int64_t trained = 0;  // the first so many values learn

  /// Scales the gradients down to this Euclidean norm when theirs is larger; 0: never.
  /// Returns the norm before.
  double clip_gradients(double max_norm);
  /// average = decay * average + (1 - decay) * this, values and statistics.
  void average_into(FlatParameters& average, double decay) const;

 private:
  void adopt(torch::nn::Module& net, const std::vector<std::string>& frozen_prefixes, bool copy_values);
};

}  // namespace ds::detail

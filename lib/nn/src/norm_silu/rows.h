#pragma once

#include <cstdint>

/// The loops of operation.h over rows of C channels that lie side by side, in plain float arrays.
namespace ds::detail::rows {

struct Loops {
  /// sums[c] += x, over the rows.
  void (*add)(const float* x, std::int64_t rows, std::int64_t channels, float* sums);
  /// sums[c] += (x - mean[c])^2.
  void (*add_squares)(const float* x, std::int64_t rows, std::int64_t channels, const float* mean,
                      float* sums);
  /// out = y sigmoid(y) with y = x scale[c] + shift[c].
  void (*scale_silu)(const float* x, std::int64_t rows, std::int64_t channels, const float* scale,
                     const float* shift, float* out);
  /// From the gradient of scale_silu's output that of y, into `out`; sums[c] += it, products[c] += it
  /// * (x - mean[c]).
  void (*silu_backward)(const float* gradient, const float* x, std::int64_t rows, std::int64_t channels,
                        const float* scale, const float* shift, const float* mean, float* out, float* sums,
                        float* products);
  /// out = out scale[c] - offset[c] - (x - mean[c]) slope[c].
  void (*norm_backward)(const float* x, std::int64_t rows, std::int64_t channels, const float* scale,
                        const float* offset, const float* slope, const float* mean, float* out);
};

/// Compiled for the best instruction set that this processor has.
const Loops& loops();

}  // namespace ds::detail::rows

#pragma once

#include <ATen/core/Tensor.h>

namespace ds::detail {

/// Training-mode BatchNorm followed by SiLU in one operation on a CPU: fewer passes over memory, and nothing
/// kept for the backward pass but the input (the two operators of torch keep the norm's output as well, a
/// third of a network's activations). With mean m and variance v of x over batch and cells, r = 1 / sqrt(v +
/// eps):
///   y = weight (x - m) r + bias,  result = y sigmoid(y)
/// Running statistics move by `momentum` towards m and the unbiased variance. Sums are taken over fixed
/// blocks of rows and joined in order in double precision: the result depends on neither the number of
/// threads nor timing.
/// @param x [B,C,H,W] float32 on a CPU, more than one value per channel; contiguous channels-last or copied
/// so
/// @param weight, bias, running_mean, running_var [C] float32
at::Tensor norm_silu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                     const at::Tensor& running_mean, const at::Tensor& running_var, double momentum,
                     double eps);

/// Whether norm_silu takes this input (else: at::batch_norm, at::silu).
bool norm_silu_takes(const at::Tensor& x);

}  // namespace ds::detail

#pragma once

#include <torch/nn/module.h>

#include <string>
#include <vector>

#include "ds/nn/anchor_points.h"

namespace ds {

/// `[1,3,416,416]`.
std::string shape_text(at::IntArrayRef shape);
/// Throws Error unless images are [B,3,H,W] with sides that are multiples of `multiple`.
void check_images(const at::Tensor& images, int multiple);
/// @return [A,3] float32: column, row, stride
at::Tensor anchor_tensor(const std::vector<AnchorPoint>& anchors, at::Device device);
/// [B,C,h,w] to [B,C,2h,2w], each cell four times.
at::Tensor doubled(const at::Tensor& x);
/// [B,C,h,w] to [B,h*w,C]; no copy when x is channels-last.
at::Tensor cells_first(const at::Tensor& x);
/// Folds every BatchNorm below that knows its convolution.
void fold_all(torch::nn::Module& net);

}  // namespace ds

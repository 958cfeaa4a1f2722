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
/// Folds every BatchNorm below that knows its convolution.
void fold_all(torch::nn::Module& net);

}  // namespace ds

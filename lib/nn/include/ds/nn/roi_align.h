#pragma once

#include <ATen/core/Tensor.h>

namespace ds {

/// RoIAlign (He et al. 2017, section 3) with 2x2 samples in each of 7x7 bins and no half-pixel shift, as the
/// published checkpoints were trained with. Samples are bilinear; one that falls outside the features by more
/// than a cell is 0. Differentiable in the features.
/// @param features [C,h,w] float32 of one image
/// @param boxes [N,4] float32: x0 y0 x1 y1, input pixels
/// @param scale cells per input pixel
/// @return [N,C,7,7]
at::Tensor roi_align(const at::Tensor& features, const at::Tensor& boxes, double scale);

}  // namespace ds

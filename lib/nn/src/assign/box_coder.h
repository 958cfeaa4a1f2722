#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <vector>

#include "assign/anchor_match.h"

/// Boxes as offsets from anchors (Girshick et al. 2014, appendix C): shift of the centre in anchor sides and
/// log of the ratio of the sides, times weights. Boxes are corners in input pixels, float32.
namespace ds::detail {

/// Weights of the centre and of the sides: 10, 5 where a head predicts a class's box, 1, 1 in an RPN.
struct CoderWeights {
  double center = 10;
  double side = 5;
};

/// @param boxes, anchors [...,4] of one shape @return their offsets, [...,4]
at::Tensor encode_boxes(const at::Tensor& boxes, const at::Tensor& anchors, const CoderWeights& weights);
/// The inverse; sides grow at most 62.5-fold (1000 / 16), so that an untrained head
/// stays finite. Shapes broadcast.
at::Tensor decode_boxes(const at::Tensor& offsets, const at::Tensor& anchors, const CoderWeights& weights);
/// Corners moved into the picture.
at::Tensor clip_boxes(const at::Tensor& boxes, int height, int width);

/// @return [N,4] on `device`
at::Tensor to_tensor(const std::vector<CornerBox>& boxes, at::Device device);
/// @param boxes [N,4]
std::vector<CornerBox> to_corners(const at::Tensor& boxes);
/// @return [N] int64 on `device`
at::Tensor to_tensor(const std::vector<std::int64_t>& indices, at::Device device);
/// Factor of each class's part of a cross entropy over background and C classes: [1+C], or undefined where
/// `weights` is empty. Throws Error unless there is one for each class.
at::Tensor class_weights_with_background(const std::vector<double>& weights, int num_classes,
                                         at::Device device);

}  // namespace ds::detail

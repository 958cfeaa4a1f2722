#include "assign/box_coder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>

#include <cmath>

#include "ds/base/error.h"

namespace ds::detail {
namespace {

at::Tensor low(const at::Tensor& boxes) {
  return boxes.slice(-1, 0, 2);
}
at::Tensor high(const at::Tensor& boxes) {
  return boxes.slice(-1, 2, 4);
}

}  // namespace

at::Tensor encode_boxes(const at::Tensor& boxes, const at::Tensor& anchors, const CoderWeights& weights) {
  auto anchor_sides = high(anchors) - low(anchors);
  auto shift = (low(boxes) + high(boxes) - low(anchors) - high(anchors)) / 2 / anchor_sides;
  auto growth = ((high(boxes) - low(boxes)) / anchor_sides).log();
  return at::cat({shift * weights.center, growth * weights.side}, -1);
}

at::Tensor decode_boxes(const at::Tensor& offsets, const at::Tensor& anchors, const CoderWeights& weights) {
  static const double kMostGrowth = std::log(1000.0 / 16);
  auto anchor_sides = high(anchors) - low(anchors);
  auto centers = low(offsets) / weights.center * anchor_sides + (low(anchors) + high(anchors)) / 2;
  auto halves = (high(offsets) / weights.side).clamp_max(kMostGrowth).exp() * anchor_sides / 2;
  return at::cat({centers - halves, centers + halves}, -1);
}

at::Tensor clip_boxes(const at::Tensor& boxes, int height, int width) {
  auto limit = at::tensor({width, height, width, height}, boxes.options().requires_grad(false));
  return at::minimum(boxes.clamp_min(0), limit);
}

at::Tensor to_tensor(const std::vector<CornerBox>& boxes, at::Device device) {
  static_assert(sizeof(CornerBox) == 4 * sizeof(float));
  auto view = at::from_blob(const_cast<CornerBox*>(boxes.data()),
                            {static_cast<std::int64_t>(boxes.size()), 4}, at::kFloat);
  return view.to(device, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
}

std::vector<CornerBox> to_corners(const at::Tensor& boxes) {
  auto plain = boxes.detach().to(at::kCPU, at::kFloat).contiguous();
  std::vector<CornerBox> corners(static_cast<std::size_t>(plain.size(0)));
  const float* value = plain.data_ptr<float>();
  for (auto& box : corners) {
    box = {value[0], value[1], value[2], value[3]};
    value += 4;
  }
  return corners;
}

at::Tensor to_tensor(const std::vector<std::int64_t>& indices, at::Device device) {
  auto view = at::from_blob(const_cast<std::int64_t*>(indices.data()),
                            {static_cast<std::int64_t>(indices.size())}, at::kLong);
  return view.to(device, at::kLong, /*non_blocking=*/false, /*copy=*/true);
}

at::Tensor class_weights_with_background(const std::vector<double>& weights, int num_classes,
                                         at::Device device) {
  if (weights.empty()) return {};
  if (static_cast<int>(weights.size()) != num_classes)
    throw Error(std::to_string(weights.size()) + " class weights for " + std::to_string(num_classes) +
                " classes");
  auto all = at::ones({1 + num_classes}, at::kFloat);
  for (std::size_t c = 0; c < weights.size(); ++c) all[static_cast<std::int64_t>(c) + 1] = weights[c];
  return all.to(device);
}

}  // namespace ds::detail

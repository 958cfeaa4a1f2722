#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "assign/anchor_points.h"
#include "assign/assignment.h"
#include "ds/nn/detector_net.h"

/// From what a batch should learn to what an anchor-free head's loss works on.
namespace ds::detail {

/// A copy of the values on the device.
template <typename T>
at::Tensor to_tensor(const std::vector<T>& values, at::IntArrayRef shape, at::ScalarType dtype,
                     at::Device device) {
  auto view = at::from_blob(const_cast<T*>(values.data()), shape, dtype);
  return view.to(device, dtype, /*non_blocking=*/false, /*copy=*/true);
}

/// Each image's objects without ignore regions and boxes that are none. Throws Error unless there is an entry
/// for each of the batch's images and every class index is below num_classes.
std::vector<std::vector<AssignObject>> assign_objects(const std::vector<ImageTargets>& targets,
                                                      std::int64_t images, std::int64_t num_classes);

/// 0 where an ignore region holds an anchor's point, else 1: [images * anchors], or empty when there is no
/// ignore region at all.
/// @param offset of an anchor's point from its cell's corner, in cells
std::vector<float> anchor_weights(const std::vector<ImageTargets>& targets,
                                  const std::vector<AnchorPoint>& anchors, float offset);

/// LossOptions::class_weights as [num_classes] float32; undefined when there are none. Throws Error for
/// another number of them.
at::Tensor class_weight_tensor(const std::vector<double>& weights, std::int64_t num_classes,
                               at::Device device);

/// The sum of named 0-dim parts, with their values fetched at once.
LossParts sum_of_parts(const std::vector<const char*>& names, const std::vector<at::Tensor>& parts,
                       std::int64_t foreground);

/// @return [A,3] float32: column, row, stride
at::Tensor anchor_tensor(const std::vector<AnchorPoint>& anchors, at::Device device);

}  // namespace ds::detail

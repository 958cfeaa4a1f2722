#include "ds/nn/roi_align.h"

#include <ATen/ATen.h>

namespace ds {
namespace {

constexpr int kBins = 7;
constexpr int kSamples = kBins * 2;  // per side

/// How much each cell along one axis counts in each bin: [N,7,count]. Bilinear interpolation and the mean of
/// a bin's 2x2 samples are both separable, so that rows and columns can be weighted one after the other.
/// @param low, high [N,1] where the box begins and ends, input pixels
at::Tensor bin_weights(const at::Tensor& low, const at::Tensor& high, double scale, std::int64_t count) {
  auto side = ((high - low) * scale).clamp_min(1);
  auto steps = (at::arange(kSamples, low.options()) + 0.5) / kSamples;
  auto places = low * scale + side * steps;  // [N,14] in cells
  auto inside = at::logical_and(places >= -1, places <= count).to(places.scalar_type());
  auto cells = at::arange(count, low.options());
  auto distances = (places.clamp(0, count - 1).unsqueeze(2) - cells).abs();  // [N,14,count]
  auto weights = (1 - distances).clamp_min(0) * inside.unsqueeze(2);         // [N,14,count]
  return weights.view({low.size(0), kBins, kSamples / kBins, count}).mean(2);
}

}  // namespace

at::Tensor roi_align(const at::Tensor& features, const at::Tensor& boxes, double scale) {
  const auto channels = features.size(0);
  const auto height = features.size(1);
  const auto width = features.size(2);
  const auto count = boxes.size(0);
  auto rows = bin_weights(boxes.slice(1, 1, 2), boxes.slice(1, 3, 4), scale, height);
  auto columns = bin_weights(boxes.slice(1, 0, 1), boxes.slice(1, 2, 3), scale, width);
  auto by_row = features.transpose(0, 1).reshape({height, channels * width});        // [h,C*w]
  auto binned = at::matmul(rows.reshape({count * kBins, height}), by_row);           // [N*7,C*w]
  binned = binned.view({count, kBins * channels, width});                            // [N,7*C,w]
  binned = at::bmm(binned, columns.transpose(1, 2));                                 // [N,7*C,7]
  return binned.view({count, kBins, channels, kBins}).transpose(1, 2).contiguous();  // [N,C,7,7]
}

}  // namespace ds

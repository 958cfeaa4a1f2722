#include "ds/nn/roi_align.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace ds {
namespace {

constexpr int kBins = 7;
constexpr int kSamples = kBins * 2;  // per side
enum : std::int64_t { kBilinear = 0, kBorder = 1 };

/// Cells of the samples along one axis, [N,14].
at::Tensor sample_places(const at::Tensor& low, const at::Tensor& high, double scale) {
  auto side = ((high - low) * scale).clamp_min(1);  // [N,1]
  auto steps = (at::arange(kSamples, low.options()) + 0.5) / kSamples;
  return low * scale + side * steps;
}

/// Cells as grid_sampler counts them with aligned corners: -1 is the first, 1 the last.
at::Tensor to_grid(const at::Tensor& cells, std::int64_t count) {
  return cells * (2.0 / static_cast<double>(std::max<std::int64_t>(count - 1, 1))) - 1;
}

at::Tensor is_inside(const at::Tensor& cells, std::int64_t count) {
  return at::logical_and(cells >= -1, cells <= count).to(cells.scalar_type());
}

}  // namespace

at::Tensor roi_align(const at::Tensor& features, const at::Tensor& boxes, double scale) {
  const auto channels = features.size(0);
  const auto height = features.size(1);
  const auto width = features.size(2);
  const auto count = boxes.size(0);
  if (count == 0) return at::zeros({0, channels, kBins, kBins}, features.options());
  auto x = sample_places(boxes.slice(1, 0, 1), boxes.slice(1, 2, 3), scale);
  auto y = sample_places(boxes.slice(1, 1, 2), boxes.slice(1, 3, 4), scale);
  auto full = [&](const at::Tensor& rows, const at::Tensor& columns) {  // [N,14,14,2]
    return at::stack({columns.unsqueeze(1).expand({count, kSamples, kSamples}),
                      rows.unsqueeze(2).expand({count, kSamples, kSamples})},
                     3);
  };
  // One image of N * 14 rows: grid_sampler takes one grid for each image.
  auto grid = full(to_grid(y, height), to_grid(x, width)).reshape({1, count * kSamples, kSamples, 2});
  auto sampled = at::grid_sampler(features.unsqueeze(0), grid, kBilinear, kBorder, /*align_corners=*/true);
  auto bins = sampled.view({channels, count, kSamples, kSamples});
  auto inside = is_inside(y, height).unsqueeze(2) * is_inside(x, width).unsqueeze(1);  // [N,14,14]
  return at::avg_pool2d(bins * inside, {2, 2}).transpose(0, 1).contiguous();           // [N,C,7,7]
}

}  // namespace ds

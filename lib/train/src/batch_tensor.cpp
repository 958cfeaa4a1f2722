#include "batch_tensor.h"

#include <ATen/ATen.h>

namespace ds {
namespace {

/// The three numbers over and over along a row, so that the operator's inner loop is as long as one.
at::Tensor row_of(const std::array<double, 3>& channels, std::int64_t width, const at::Tensor& like) {
  auto row = at::empty({width, 3}, at::kFloat);
  for (int c = 0; c < 3; ++c) row.select(1, c).fill_(channels[static_cast<std::size_t>(c)]);
  return row.view({width * 3}).to(like.device());
}

bool is_all(const std::array<double, 3>& channels, double value) {
  return channels == std::array<double, 3>{value, value, value};
}

}  // namespace

at::Tensor images_of(const Batch& batch, int begin, int end, const at::Device& device) {
  const std::int64_t width = batch.width;
  auto all = at::from_blob(const_cast<std::uint8_t*>(batch.pixels.data()),
                           {batch.count, batch.height, width * 3}, at::kByte);
  auto bytes = all.slice(0, begin, end);
  if (device.is_cuda()) bytes = bytes.pin_memory().to(device, /*non_blocking=*/true);
  auto values = bytes.to(at::kFloat);  // [B,H,W*3]
  if (!is_all(batch.scale.mean, 0)) values.sub_(row_of(batch.scale.mean, width, values));
  if (!is_all(batch.scale.scale, 1)) values.mul_(row_of(batch.scale.scale, width, values));
  return values.view({end - begin, batch.height, width, 3}).permute({0, 3, 1, 2});
}

}  // namespace ds

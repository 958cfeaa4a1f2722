#include "tensors.h"

#include <ATen/ATen.h>

#include "blocks.h"
#include "ds/base/error.h"

namespace ds {

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  return text + "]";
}

void check_images(const at::Tensor& images, int multiple) {
  if (images.dim() == 4 && images.size(0) > 0 && images.size(1) == 3 && images.size(2) > 0 &&
      images.size(3) > 0 && images.size(2) % multiple == 0 && images.size(3) % multiple == 0)
    return;
  throw Error("images of shape " + shape_text(images.sizes()) +
              ", expected [B,3,H,W] with H and W multiples of " + std::to_string(multiple));
}

at::Tensor anchor_tensor(const std::vector<AnchorPoint>& anchors, at::Device device) {
  static_assert(sizeof(AnchorPoint) == 3 * sizeof(float));
  auto view = at::from_blob(const_cast<AnchorPoint*>(anchors.data()),
                            {static_cast<std::int64_t>(anchors.size()), 3}, at::kFloat);
  return view.to(device, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
}

at::Tensor doubled(const at::Tensor& x) {
  return at::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2});
}

at::Tensor cells_first(const at::Tensor& x) {
  return x.permute({0, 2, 3, 1}).reshape({x.size(0), x.size(2) * x.size(3), x.size(1)});
}

void fold_all(torch::nn::Module& net) {
  for (const auto& module : net.modules(/*include_self=*/false))
    if (auto* norm = dynamic_cast<BatchNorm2d*>(module.get())) norm->fold();
}

}  // namespace ds

#include "arch/yolox.h"

#include <ATen/ATen.h>

#include "ds/base/error.h"
#include "ds/nn/anchor_points.h"
#include "tensors.h"

namespace ds::yolox {

Yolox::Yolox(const Scale& scale, int num_classes)
    : num_classes_(num_classes),
      backbone_(register_module("backbone", std::make_shared<Pafpn>(scale))),
      head_(register_module("head", std::make_shared<Head>(scale, num_classes))) {}

HeadOutput Yolox::head_output(const at::Tensor& images) {
  check_images(images, input_multiple());
  return head_->forward(backbone_->forward(images));
}

at::Tensor Yolox::forward_raw(const at::Tensor& images) {
  auto output = head_output(images);
  return at::cat({output.box_and_objectness.slice(2, 0, 4),
                  output.box_and_objectness.slice(2, 4, 5).sigmoid(), output.classes.sigmoid()},
                 2);
}

Decoded Yolox::decode(const at::Tensor& raw, int input_height, int input_width) const {
  auto anchors = anchor_tensor(anchor_points(input_height, input_width, {8, 16, 32}), raw.device());  // [A,3]
  if (raw.dim() != 3 || raw.size(1) != anchors.size(0) || raw.size(2) != 5 + num_classes_)
    throw Error("raw output of shape " + shape_text(raw.sizes()) + ", expected [B," +
                std::to_string(anchors.size(0)) + "," + std::to_string(5 + num_classes_) + "]");
  auto values = raw.to(at::kFloat);
  auto stride = anchors.slice(1, 2, 3);                                      // [A,1]
  auto centers = (values.slice(2, 0, 2) + anchors.slice(1, 0, 2)) * stride;  // [B,A,2]
  auto halves = values.slice(2, 2, 4).exp() * stride / 2;                    // [B,A,2]
  return {at::cat({centers - halves, centers + halves}, 2), values.slice(2, 5) * values.slice(2, 4, 5)};
}

LossParts Yolox::loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                      const LossOptions& options) {
  return yolox_loss(head_output(images), static_cast<int>(images.size(2)), static_cast<int>(images.size(3)),
                    targets, options);
}

void Yolox::fold_batch_norm() {
  fold_all(*this);
}

void register_architectures(Registry<Architecture>& registry) {
  auto add = [&](const char* name, const char* summary, Scale scale, int side) {
    InputSpec input;
    input.default_width = side;
    input.default_height = side;
    registry.add(name, summary,
                 {input, [scale](int num_classes) { return std::make_shared<Yolox>(scale, num_classes); }});
  };
  add("yolox-nano", "0.9 M parameters, depthwise; the smallest, for CPUs and small data", {0.33, 0.25, true},
      416);
  add("yolox-tiny", "5.1 M parameters; twice nano's time, several points of AP more", {0.33, 0.375, false},
      416);
  add("yolox-s", "9 M parameters, 640 input; a good default on a GPU", {0.33, 0.50, false}, 640);
  add("yolox-m", "25 M parameters, 640 input", {0.67, 0.75, false}, 640);
  add("yolox-l", "54 M parameters, 640 input", {1.0, 1.0, false}, 640);
  add("yolox-x", "99 M parameters, 640 input; the most accurate, for large GPUs", {1.33, 1.25, false}, 640);
}

}  // namespace ds::yolox

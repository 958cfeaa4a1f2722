#include "arch/rtmdet.h"

#include <ATen/ATen.h>

#include "ds/base/error.h"
#include "ds/nn/anchor_points.h"
#include "tensors.h"

namespace ds::rtmdet {

Rtmdet::Rtmdet(const Scale& scale, int num_classes)
    : num_classes_(num_classes),
      backbone_(register_module("backbone", std::make_shared<CspNext>(scale))),
      neck_(register_module("neck", std::make_shared<Pafpn>(scale))),
      head_(register_module("bbox_head", std::make_shared<Head>(scale, num_classes))) {}

HeadOutput Rtmdet::head_output(const at::Tensor& images) {
  check_images(images, input_multiple());
  return head_->forward(neck_->forward(backbone_->forward(images)));
}

at::Tensor Rtmdet::forward_raw(const at::Tensor& images) {
  auto output = head_output(images);
  return at::cat({output.classes.sigmoid(), output.distances}, 2);
}

Decoded Rtmdet::decode(const at::Tensor& raw, int input_height, int input_width) const {
  auto anchors = anchor_tensor(anchor_points(input_height, input_width, {8, 16, 32}), raw.device());  // [A,3]
  if (raw.dim() != 3 || raw.size(1) != anchors.size(0) || raw.size(2) != num_classes_ + 4)
    throw Error("raw output of shape " + shape_text(raw.sizes()) + ", expected [B," +
                std::to_string(anchors.size(0)) + "," + std::to_string(num_classes_ + 4) + "]");
  auto values = raw.to(at::kFloat);
  return {boxes_of(values.slice(2, num_classes_), anchors), values.slice(2, 0, num_classes_)};
}

LossParts Rtmdet::loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                       const LossOptions& options) {
  return rtmdet_loss(head_output(images), static_cast<int>(images.size(2)), static_cast<int>(images.size(3)),
                     targets, options);
}

void Rtmdet::fold_batch_norm() {
  head_->separate_levels();
  fold_all(*this);
}

at::Tensor boxes_of(const at::Tensor& distances, const at::Tensor& anchors) {
  auto points = anchors.slice(1, 0, 2) * anchors.slice(1, 2, 3);  // [A,2]
  return at::cat({points - distances.slice(2, 0, 2), points + distances.slice(2, 2, 4)}, 2);
}

void register_architectures(Registry<Architecture>& registry) {
  InputSpec input;
  input.default_width = 640;
  input.default_height = 640;
  input.mean = {103.53, 116.28, 123.675};
  input.scale = {1 / 57.375, 1 / 57.12, 1 / 58.395};
  auto add = [&](const char* name, const char* summary, Scale scale) {
    registry.add(name, summary,
                 {input, [scale](int num_classes) { return std::make_shared<Rtmdet>(scale, num_classes); }});
  };
  add("rtmdet-tiny", "4.9 M parameters, 640 input; published with 41 AP on COCO", {0.167, 0.375, 1});
  add("rtmdet-s", "8.9 M parameters, 640 input; published with 44.6 AP on COCO", {0.33, 0.5, 1});
}

}  // namespace ds::rtmdet

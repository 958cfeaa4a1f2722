#include "arch/ssdlite.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include "box_coder.h"
#include "ds/base/error.h"
#include "tensors.h"

namespace ds::ssdlite {

Ssdlite::Ssdlite(std::shared_ptr<FeatureExtractor> backbone, int num_classes,
                 std::vector<ForeignName> foreign_names)
    : num_classes_(num_classes),
      backbone_(register_module("backbone", std::move(backbone))),
      head_(register_module("head", std::make_shared<Head>(backbone_->channels(), num_classes))),
      foreign_names_(std::move(foreign_names)) {}

HeadOutput Ssdlite::head_output(const at::Tensor& images) {
  check_images(images, input_multiple());
  return head_->forward(backbone_->forward(images));
}

at::Tensor Ssdlite::forward_raw(const at::Tensor& images) {
  auto output = head_output(images);
  return at::cat({output.offsets, output.logits.softmax(2)}, 2);
}

Decoded Ssdlite::decode(const at::Tensor& raw, int input_height, int input_width) const {
  auto anchors = default_boxes(input_height, input_width).to(raw.device());
  if (raw.dim() != 3 || raw.size(1) != anchors.size(0) || raw.size(2) != 5 + num_classes_)
    throw Error("raw output of shape " + shape_text(raw.sizes()) + ", expected [B," +
                std::to_string(anchors.size(0)) + "," + std::to_string(5 + num_classes_) + "]");
  auto values = raw.to(at::kFloat);
  auto boxes = decode_boxes(values.slice(2, 0, 4), anchors, CoderWeights{});
  return {clip_boxes(boxes, input_height, input_width), values.slice(2, 5), {}};
}

LossParts Ssdlite::loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                        const LossOptions& options) {
  return ssdlite_loss(head_output(images), static_cast<int>(images.size(2)), static_cast<int>(images.size(3)),
                      targets, options);
}

void Ssdlite::fold_batch_norm() {
  fold_all(*this);
}

void register_architectures(Registry<Architecture>& registry) {
  InputSpec input;
  input.default_width = 320;
  input.default_height = 320;
  input.channel_order = "rgb";
  input.mean = {127.5, 127.5, 127.5};
  input.scale = {1 / 127.5, 1 / 127.5, 1 / 127.5};
  // Where layers of a classifier's `features` stand in the detector.
  const std::vector<ForeignName> v3 = {
      {"features.13.block.0.", "backbone.features.0.13."}, {"features.13.block.", "backbone.features.1.0."},
      {"features.14.", "backbone.features.1.1."},          {"features.15.", "backbone.features.1.2."},
      {"features.16.", "backbone.features.1.3."},          {"features.", "backbone.features.0."}};
  const std::vector<ForeignName> v2 = {{"features.", "backbone.features."}};
  registry.add("ssdlite-mobilenetv3", "3.3 M parameters, 320 input; published with 21.3 AP on COCO",
               {input, [v3](int num_classes) {
                  return std::make_shared<Ssdlite>(make_v3_extractor(), num_classes, v3);
                }});
  registry.add(
      "ssdlite-mobilenetv2", "4.5 M parameters, 320 input; starts from MobileNetV2's ImageNet weights",
      {input,
       [v2](int num_classes) { return std::make_shared<Ssdlite>(make_v2_extractor(), num_classes, v2); }});
}

}  // namespace ds::ssdlite

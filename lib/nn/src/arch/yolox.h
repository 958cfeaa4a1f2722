#pragma once

#include "arch/yolox_layers.h"
#include "ds/nn/architectures.h"
#include "ds/nn/detector_net.h"

namespace ds::yolox {

/// forward_raw gives [B,A,5+C]: dx dy dw dh as the head predicts them, then objectness and
/// classes after the sigmoid.
class Yolox : public DetectorNet {
 public:
  Yolox(const Scale& scale, int num_classes);

  int num_classes() const override { return num_classes_; }
  int input_multiple() const override { return 32; }
  at::Tensor forward_raw(const at::Tensor& images) override;
  Decoded decode(const at::Tensor& raw, int input_height, int input_width) const override;
  LossParts loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                 const LossOptions& options) override;
  void fold_batch_norm() override;
  std::vector<std::string> backbone_prefixes() const override { return {"backbone.backbone."}; }
  void reset_classifier() override { head_->reset_priors(); }

 private:
  HeadOutput head_output(const at::Tensor& images);

  int num_classes_;
  std::shared_ptr<Pafpn> backbone_;
  std::shared_ptr<Head> head_;
};

/// The loss on a head's output (yolox_loss.cpp).
LossParts yolox_loss(const HeadOutput& output, int input_height, int input_width,
                     const std::vector<ImageTargets>& targets, const LossOptions& options);

/// Adds yolox-nano, -tiny, -s, -m, -l and -x.
void register_architectures(Registry<Architecture>& registry);

}  // namespace ds::yolox

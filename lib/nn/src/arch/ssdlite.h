#pragma once

#include "arch/ssdlite_layers.h"
#include "ds/nn/architectures.h"
#include "ds/nn/detector_net.h"

namespace ds::ssdlite {

/// forward_raw gives [B,A,4+1+C]: offsets from the default boxes, then background and
/// classes after the softmax.
class Ssdlite : public DetectorNet {
 public:
  Ssdlite(std::shared_ptr<FeatureExtractor> backbone, int num_classes,
          std::vector<ForeignName> foreign_names);

  int num_classes() const override { return num_classes_; }
  int input_multiple() const override { return 32; }
  at::Tensor forward_raw(const at::Tensor& images) override;
  Decoded decode(const at::Tensor& raw, int input_height, int input_width) const override;
  LossParts loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                 const LossOptions& options) override;
  void fold_batch_norm() override;
  std::vector<std::string> backbone_prefixes() const override { return {"backbone.features."}; }
  std::vector<ForeignName> foreign_names() const override { return foreign_names_; }
  /// Every class and the background start alike: hard negatives keep the balance.
  void reset_classifier() override { head_->clear_biases(); }

 private:
  HeadOutput head_output(const at::Tensor& images);

  int num_classes_;
  std::shared_ptr<FeatureExtractor> backbone_;
  std::shared_ptr<Head> head_;
  std::vector<ForeignName> foreign_names_;
};

/// The loss on a head's output (ssdlite_loss.cpp).
LossParts ssdlite_loss(const HeadOutput& output, int input_height, int input_width,
                       const std::vector<ImageTargets>& targets, const LossOptions& options);

/// Adds ssdlite-mobilenetv3 and ssdlite-mobilenetv2.
void register_architectures(Registry<Architecture>& registry);

}  // namespace ds::ssdlite

#pragma once

#include "arch/rtmdet_layers.h"
#include "ds/nn/architectures.h"
#include "ds/nn/detector_net.h"

namespace ds::rtmdet {

/// forward_raw gives [B,A,C+4]: classes after the sigmoid, then the distances from the anchor's point (the
/// corner of its cell) to left, top, right and bottom in input pixels, as mmdetection's export has them.
class Rtmdet : public DetectorNet {
 public:
  Rtmdet(const Scale& scale, int num_classes);

  int num_classes() const override { return num_classes_; }
  int input_multiple() const override { return 32; }
  at::Tensor forward_raw(const at::Tensor& images) override;
  Decoded decode(const at::Tensor& raw, int input_height, int input_width) const override;
  LossParts loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                 const LossOptions& options) override;
  void fold_batch_norm() override;
  std::vector<std::string> backbone_prefixes() const override { return {"backbone."}; }
  void reset_classifier() override { head_->reset_priors(); }

 private:
  HeadOutput head_output(const at::Tensor& images);

  int num_classes_;
  std::shared_ptr<CspNext> backbone_;
  std::shared_ptr<Pafpn> neck_;
  std::shared_ptr<Head> head_;
};

/// Boxes of all anchors. @param distances [B,A,4] input pixels @param anchors [A,3] column row stride
/// @return [B,A,4] x0 y0 x1 y1
at::Tensor boxes_of(const at::Tensor& distances, const at::Tensor& anchors);

/// The loss on a head's output (rtmdet_loss.cpp).
LossParts rtmdet_loss(const HeadOutput& output, int input_height, int input_width,
                      const std::vector<ImageTargets>& targets, const LossOptions& options);

/// Adds rtmdet-tiny and -s.
void register_architectures(Registry<Architecture>& registry);

}  // namespace ds::rtmdet

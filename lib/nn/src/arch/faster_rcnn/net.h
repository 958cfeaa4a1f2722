#pragma once

#include "arch/faster_rcnn/layers.h"
#include "assign/anchor_match.h"
#include "ds/nn/detector_net.h"

namespace ds::detail::faster_rcnn {

/// forward_raw gives [B,P,4+(1+C)+4*(1+C)] for the P proposals of the image that has most: the proposal in
/// input pixels, background and classes after the softmax, and each one's box offsets from the proposal. Rows
/// that an image has no proposal for are 0. decode gives a row for every proposal and class.
class FasterRcnn : public DetectorNet {
 public:
  explicit FasterRcnn(int num_classes);

  int num_classes() const override { return num_classes_; }
  int input_multiple() const override { return 32; }
  at::Tensor forward_raw(const at::Tensor& images) override;
  Decoded decode(const at::Tensor& raw, int input_height, int input_width) const override;
  LossParts loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                 const LossOptions& options) override;
  std::vector<ClassLayer> class_layers() const override;
  void fold_batch_norm() override;
  std::vector<std::string> backbone_prefixes() const override { return {"backbone.body."}; }
  std::vector<ForeignName> foreign_names() const override;
  void reset_classifier() override { roi_heads_->clear_biases(); }

 private:
  int num_classes_;
  std::shared_ptr<PyramidBackbone> backbone_;
  std::shared_ptr<RegionProposals> rpn_;
  std::shared_ptr<RoiHeads> roi_heads_;
};

/// What the second stage learns from in a batch (loss.cpp).
struct RoiSamples {
  std::vector<at::Tensor> boxes;     // for each image [N_i,4] on the CPU
  std::vector<std::int64_t> wanted;  // [N] 0 background, else 1 + class
  std::vector<std::int64_t> rows;    // of the positives, among the N
  std::vector<CornerBox> objects;    // of the positives
  std::vector<CornerBox> positives;  // their boxes
};
/// @param proposals of propose(); the objects themselves join them
RoiSamples sample_rois(const std::vector<at::Tensor>& proposals, const std::vector<ImageTargets>& targets,
                       int num_classes, std::uint64_t seed);
/// "rpn_obj" and "rpn_box".
std::vector<at::Tensor> rpn_loss(const RpnOutput& output, const std::vector<ImageTargets>& targets,
                                 int num_classes, std::uint64_t seed);
/// "cls" and "box".
std::vector<at::Tensor> roi_loss(const RoiOutput& output, const RoiSamples& samples,
                                 const std::vector<double>& class_weights);

}  // namespace ds::detail::faster_rcnn

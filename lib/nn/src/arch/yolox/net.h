#pragma once

#include <array>

#include "blocks/blocks.h"
#include "ds/nn/detector_net.h"

/// The parts of YOLOX (Ge et al. 2021): CSPDarknet with a Focus stem, PAFPN, decoupled head.
namespace ds::detail::yolox {

struct Scale {
  double depth = 0.33;
  double width = 0.25;
  bool depthwise = true;

  int channels(int full) const;
  /// How many bottlenecks stand for `full` of them.
  int repeats(int full) const;
};

/// Space to depth by 2, then a 3x3 convolution: child `conv`.
class Focus : public Block {
 public:
  Focus(int in, int out);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<ConvBlock> conv_;
};

/// Children `conv1` (1x1) and `conv2` (3x3), with or without the shortcut.
class Bottleneck : public Block {
 public:
  Bottleneck(int channels, bool shortcut, bool depthwise);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<ConvBlock> conv1_;
  std::shared_ptr<Block> conv2_;
  bool shortcut_;
};

/// Cross stage partial layer: children `conv1`, `conv2`, `conv3`, `m`.
class CspLayer : public Block {
 public:
  CspLayer(int in, int out, int repeats, bool shortcut, bool depthwise);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<ConvBlock> conv1_;
  std::shared_ptr<ConvBlock> conv2_;
  std::shared_ptr<ConvBlock> conv3_;
  std::shared_ptr<Chain> bottlenecks_;
};

/// Children `stem`, `dark2` .. `dark5`.
class CspDarknet : public torch::nn::Module {
 public:
  explicit CspDarknet(const Scale& scale);
  Levels forward(const at::Tensor& images);

 private:
  std::shared_ptr<Focus> stem_;
  std::shared_ptr<Chain> dark2_, dark3_, dark4_, dark5_;
};

/// Path aggregation over the backbone, which is its child `backbone`.
class Pafpn : public torch::nn::Module {
 public:
  explicit Pafpn(const Scale& scale);
  Levels forward(const at::Tensor& images);

 private:
  std::shared_ptr<CspDarknet> backbone_;
  std::shared_ptr<ConvBlock> lateral_conv0_, reduce_conv1_;
  std::shared_ptr<CspLayer> c3_p4_, c3_p3_, c3_n3_, c3_n4_;
  std::shared_ptr<Block> bu_conv2_, bu_conv1_;
};

/// Logits of all levels, anchors in the order of ds::anchor_points.
struct HeadOutput {
  at::Tensor box_and_objectness;  // [B,A,5] float32: dx dy dw dh, objectness logit
  at::Tensor classes;             // [B,A,C] float32 logits
};

/// Children `cls_convs`, `reg_convs`, `cls_preds`, `reg_preds`, `obj_preds`, `stems`, each with
/// one entry per level.
class Head : public torch::nn::Module {
 public:
  Head(const Scale& scale, int num_classes);
  HeadOutput forward(const Levels& levels);
  /// Biases such that every score starts at 0.01.
  void reset_priors();

 private:
  std::array<std::shared_ptr<Chain>, 3> class_convs_, box_convs_;
  std::array<std::shared_ptr<Conv2d>, 3> class_preds_, box_preds_, object_preds_;
  std::array<std::shared_ptr<ConvBlock>, 3> stems_;
};

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
  std::vector<ClassLayer> class_layers() const override;
  void fold_batch_norm() override;
  std::vector<std::string> backbone_prefixes() const override { return {"backbone.backbone."}; }
  void reset_classifier() override { head_->reset_priors(); }

 private:
  HeadOutput head_output(const at::Tensor& images);

  int num_classes_;
  std::shared_ptr<Pafpn> backbone_;
  std::shared_ptr<Head> head_;
};

/// The loss on a head's output (loss.cpp).
LossParts yolox_loss(const HeadOutput& output, int input_height, int input_width,
                     const std::vector<ImageTargets>& targets, const LossOptions& options);

}  // namespace ds::detail::yolox

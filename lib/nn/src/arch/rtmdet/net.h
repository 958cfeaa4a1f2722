#pragma once

#include <array>

#include "blocks/blocks.h"
#include "ds/nn/detector_net.h"

/// The parts of RTMDet (Lyu et al. 2022, arXiv 2212.07784): CSPNeXt, its PAFPN, and a head whose levels share
/// their convolutions but not their BatchNorms. Names of parameters are those of mmdetection's checkpoints.
namespace ds::detail::rtmdet {

/// Synchronised BatchNorm's own constants: the published configurations name no others.
constexpr NormOptions kNorm{1e-5, 0.1};

struct Scale {
  double depth = 0.167;
  double width = 0.375;
  int neck_repeats = 1;

  int channels(int full) const;
  /// How many blocks stand for `full` of them.
  int repeats(int full) const;
};

/// A depthwise 5x5 then a pointwise convolution: children `depthwise_conv`, `pointwise_conv`.
class SeparableConv : public Block {
 public:
  explicit SeparableConv(int channels);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<ConvBlock> depthwise_;
  std::shared_ptr<ConvBlock> pointwise_;
};

/// Children `conv1` (3x3) and `conv2` (separable, 5x5), with or without the shortcut.
class CspNextBlock : public Block {
 public:
  CspNextBlock(int channels, bool shortcut);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<ConvBlock> conv1_;
  std::shared_ptr<SeparableConv> conv2_;
  bool shortcut_;
};

/// Each channel times a factor in [0,1] that is made of all channels' means: child `fc` (1x1).
class ChannelAttention : public Block {
 public:
  explicit ChannelAttention(int channels);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv2d> fc_;
};

/// Cross stage partial layer: children `main_conv`, `short_conv`, `final_conv`, `blocks`, and `attention`
/// when asked for.
class CspLayer : public Block {
 public:
  struct Shape {
    int in = 0;
    int out = 0;
    int repeats = 1;
    bool shortcut = false;
    bool attention = false;
  };
  explicit CspLayer(const Shape& shape);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<ConvBlock> main_conv_;
  std::shared_ptr<ConvBlock> short_conv_;
  std::shared_ptr<ConvBlock> final_conv_;
  std::shared_ptr<Chain> blocks_;
  std::shared_ptr<ChannelAttention> attention_;  // or nullptr
};

/// Children `stem`, `stage1` .. `stage4`.
class CspNext : public torch::nn::Module {
 public:
  explicit CspNext(const Scale& scale);
  Levels forward(const at::Tensor& images);

 private:
  std::shared_ptr<Chain> stem_;
  std::array<std::shared_ptr<Chain>, 4> stages_;
};

/// Path aggregation: children `reduce_layers`, `top_down_blocks`, `downsamples`, `bottom_up_blocks`,
/// `out_convs`, each with one entry per step or level.
class Pafpn : public torch::nn::Module {
 public:
  explicit Pafpn(const Scale& scale);
  /// @return maps of scale.channels(256) channels each
  Levels forward(const Levels& levels);

 private:
  std::shared_ptr<ModuleList<ConvBlock>> reduce_, downsamples_, out_;
  std::shared_ptr<ModuleList<CspLayer>> top_down_, bottom_up_;
};

/// Of all levels, anchors in the order of ds::anchor_points.
struct HeadOutput {
  at::Tensor distances;  // [B,A,4] float32: from the anchor's point to left, top, right, bottom; input pixels
  at::Tensor classes;    // [B,A,C] float32 logits
};

/// Children `cls_convs`, `reg_convs`, `rtm_cls`, `rtm_reg`, each with one entry per level. The convolutions
/// of the towers are one and the same in all levels, and stand under each level's name.
class Head : public torch::nn::Module {
 public:
  Head(const Scale& scale, int num_classes);
  HeadOutput forward(const Levels& levels);
  /// Biases such that every score starts at 0.01.
  void reset_priors();
  /// Gives each level convolutions of its own, with the same values, for folding.
  void separate_levels();

 private:
  using Tower = std::vector<std::shared_ptr<ConvBlock>>;
  /// One tower for each level.
  std::array<Tower, 3> make_towers(const char* name, int channels);
  std::shared_ptr<ModuleList<Conv2d>> make_predictions(const char* name, int in, int out);

  std::array<Tower, 3> class_towers_, box_towers_;
  std::shared_ptr<ModuleList<Conv2d>> class_preds_, box_preds_;
};

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
  std::vector<ClassLayer> class_layers() const override;
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

/// The loss on a head's output (loss.cpp).
LossParts rtmdet_loss(const HeadOutput& output, int input_height, int input_width,
                      const std::vector<ImageTargets>& targets, const LossOptions& options);

}  // namespace ds::detail::rtmdet

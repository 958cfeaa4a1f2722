#pragma once

#include <array>
#include <memory>
#include <vector>

#include "arch/mobilenet/backbone.h"

/// The parts of Faster R-CNN (Ren et al. 2015) with MobileNetV3-Large and a feature pyramid (Lin et al. 2017)
/// under torchvision's names.
namespace ds::detail::faster_rcnn {

constexpr std::size_t kLevels = 3;
constexpr int kPyramidChannels = 256;

/// Feature maps of 256 channels: two at stride 32, and every second cell of the last.
using Levels = std::array<at::Tensor, kLevels>;

/// Children `body` (MobileNetV3's layers 0 to 16) and `fpn`. The pyramid stands on the first block at stride
/// 32 and on the last layer, as published.
class PyramidBackbone : public torch::nn::Module {
 public:
  PyramidBackbone();
  Levels forward(const at::Tensor& images);

 private:
  std::vector<std::shared_ptr<Block>> body_;
  std::array<std::shared_ptr<Conv2d>, 2> inner_;
  std::array<std::shared_ptr<Conv2d>, 2> layer_;
};

/// What the region proposal network says about every anchor of an input.
struct RpnOutput {
  at::Tensor objectness;  // [B,A] float32 logits
  at::Tensor offsets;     // [B,A,4] float32, weights 1, 1
  at::Tensor anchors;     // [A,4] float32 on the CPU, corners in input pixels
  std::array<std::int64_t, kLevels> level_sizes{};
};

/// Child `head` with `conv`, `cls_logits`, `bbox_pred`: shared by the levels.
class RegionProposals : public torch::nn::Module {
 public:
  RegionProposals();
  RpnOutput forward(const Levels& levels, int input_height, int input_width);

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<Conv2d> logits_;
  std::shared_ptr<Conv2d> offsets_;
};

/// What the second stage says about each box it is given.
struct RoiOutput {
  at::Tensor logits;   // [N,1+C] float32, background first
  at::Tensor offsets;  // [N,1+C,4] float32, weights 10, 5
};

/// Children `box_head` (`fc6`, `fc7`) and `box_predictor` (`cls_score`, `bbox_pred`).
class RoiHeads : public torch::nn::Module {
 public:
  explicit RoiHeads(int num_classes);
  /// @param features of one level, [B,256,h,w] at stride 32
  /// @param boxes for each image [N_i,4] float32, corners in input pixels
  /// @return rows image by image
  RoiOutput forward(const at::Tensor& features, const std::vector<at::Tensor>& boxes);
  /// Background and classes start alike.
  void clear_biases();

 private:
  std::shared_ptr<Linear> fc6_, fc7_, logits_, offsets_;
};

/// Anchors of the three levels (sides 32, 64 ... 512 at aspects 1/2, 1, 2 in every cell), cell by cell.
/// @param rows, columns of the levels' feature maps
at::Tensor anchor_boxes(const std::array<std::array<std::int64_t, 2>, kLevels>& rows_and_columns,
                        int input_height, int input_width);

struct ProposalOptions {
  std::int64_t before_suppression = 1000;  // best so many of each level
  std::size_t most = 150;                  // kept of all levels
  double nms_iou = 0.7;                    // level by level
};

/// The boxes that the second stage looks at, best first. @return for each image [P_i,4] float32 on the CPU
std::vector<at::Tensor> propose(const RpnOutput& output, int input_height, int input_width,
                                const ProposalOptions& options);

}  // namespace ds::detail::faster_rcnn

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "blocks/torchvision.h"

/// MobileNetV2 (Sandler et al. 2018) and MobileNetV3-Large (Howard et al. 2019) without their classifiers,
/// layer by layer under torchvision's names.
namespace ds::detail::mobilenet {

/// V3's layers inside one block, in order, under the names they have there: the expansion is `0`
/// where there is one.
NamedChain::Parts v3_block_layers(int index, bool reduced_tail, const NormOptions& norm);

/// Layers 0 to 16 of V3-Large: a convolution, 15 blocks with one child `block`, a convolution. Strides: 2
/// after layer 0, 4 after 2, 8 after 4, 16 after 7, 32 after 13. With a reduced tail the last three blocks
/// and the last layer have half their channels (table 6 of the paper), as detectors trained without ImageNet
/// weights use it.
std::vector<std::shared_ptr<Block>> v3_large(bool reduced_tail, const NormOptions& norm);
constexpr int kV3Stride32 = 13;  // the block whose expansion is the last at stride 16
/// Channels of that expansion, of that block's output, and of the last layer.
constexpr int kV3Expanded = 672;
constexpr int v3_stride32_channels(bool reduced_tail) {
  return reduced_tail ? 80 : 160;
}
constexpr int v3_last_channels(bool reduced_tail) {
  return reduced_tail ? 480 : 960;
}

/// A block of V2: child `conv` with, where it expands, `0` (1x1), then the depthwise convolution, the
/// projection and its BatchNorm.
class InvertedResidualV2 : public Block {
 public:
  InvertedResidualV2(int in, int out, int stride, int expansion, const NormOptions& norm);
  at::Tensor forward(const at::Tensor& x) override;
  /// The 1x1 expansion alone, and what follows it.
  at::Tensor expand(const at::Tensor& x);
  at::Tensor finish(const at::Tensor& expanded);

 private:
  std::shared_ptr<ConvNormBlock> expansion_;  // null: none
  std::shared_ptr<ConvNormBlock> depthwise_;
  std::shared_ptr<Conv2d> projection_;
  std::shared_ptr<BatchNorm2d> norm_;
  bool shortcut_;
};

/// Layers 0 to 18 of V2 at width 1: a convolution, 17 blocks, a convolution to 1280 channels. Strides: 2
/// after layer 0, 4 after 2, 8 after 4, 16 after 7, 32 after 14.
std::vector<std::shared_ptr<Block>> v2(const NormOptions& norm);
constexpr int kV2Stride32 = 14;
constexpr int kV2Expanded = 576;
constexpr int kV2Last = 1280;

}  // namespace ds::detail::mobilenet

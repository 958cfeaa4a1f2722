#include "arch/mobilenet/backbone.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>

namespace ds::detail::mobilenet {
namespace {

/// A block of V3-Large: a row of table 1 of the paper.
struct BlockV3 {
  int in;
  int kernel;
  int expanded;
  int out;
  bool squeeze;
  bool hardswish;  // else ReLU
  int stride;
};

constexpr int kBlocks = 15;
constexpr int kTail = 12;  // the first block with a reduced form

BlockV3 block_v3(int index, bool reduced_tail) {
  static constexpr std::array<BlockV3, kBlocks> kTable = {{{16, 3, 16, 16, false, false, 1},
                                                           {16, 3, 64, 24, false, false, 2},
                                                           {24, 3, 72, 24, false, false, 1},
                                                           {24, 5, 72, 40, true, false, 2},
                                                           {40, 5, 120, 40, true, false, 1},
                                                           {40, 5, 120, 40, true, false, 1},
                                                           {40, 3, 240, 80, false, true, 2},
                                                           {80, 3, 200, 80, false, true, 1},
                                                           {80, 3, 184, 80, false, true, 1},
                                                           {80, 3, 184, 80, false, true, 1},
                                                           {80, 3, 480, 112, true, true, 1},
                                                           {112, 3, 672, 112, true, true, 1},
                                                           {112, 5, 672, 160, true, true, 2},
                                                           {160, 5, 960, 160, true, true, 1},
                                                           {160, 5, 960, 160, true, true, 1}}};
  auto block = kTable.at(static_cast<std::size_t>(index));
  if (!reduced_tail || index < kTail) return block;
  block.out /= 2;
  if (index > kTail) {
    block.in /= 2;
    block.expanded /= 2;
  }
  return block;
}

/// The multiple of 8 nearest to `channels`, not more than a tenth below it.
int nearest_eight(int channels) {
  int rounded = std::max(8, (channels + 4) / 8 * 8);
  return rounded * 10 < channels * 9 ? rounded + 8 : rounded;
}

/// Child `block`, and the shortcut where the shapes allow it.
class InvertedResidualV3 : public Block {
 public:
  InvertedResidualV3(NamedChain::Parts layers, bool shortcut)
      : block_(register_module("block", std::make_shared<NamedChain>(std::move(layers)))),
        shortcut_(shortcut) {}
  at::Tensor forward(const at::Tensor& x) override {
    auto y = block_->forward(x);
    return shortcut_ ? y + x : y;
  }

 private:
  std::shared_ptr<NamedChain> block_;
  bool shortcut_;
};

}  // namespace

NamedChain::Parts v3_block_layers(int index, bool reduced_tail, const NormOptions& norm) {
  const auto block = block_v3(index, reduced_tail);
  const auto activation = block.hardswish ? Activation::hardswish : Activation::relu;
  std::vector<std::shared_ptr<Block>> layers;
  if (block.expanded != block.in)
    layers.push_back(
        std::make_shared<ConvNormBlock>(Conv2d::Shape{block.in, block.expanded, 1, 1}, activation, norm));
  layers.push_back(std::make_shared<ConvNormBlock>(
      Conv2d::Shape{block.expanded, block.expanded, block.kernel, block.stride, block.expanded}, activation,
      norm));
  if (block.squeeze)
    layers.push_back(std::make_shared<SqueezeExcite>(block.expanded, nearest_eight(block.expanded / 4)));
  layers.push_back(std::make_shared<ConvNormBlock>(Conv2d::Shape{block.expanded, block.out, 1, 1},
                                                   Activation::none, norm));
  NamedChain::Parts named;
  for (const auto& layer : layers) named.emplace_back(std::to_string(named.size()), layer);
  return named;
}

std::vector<std::shared_ptr<Block>> v3_large(bool reduced_tail, const NormOptions& norm) {
  std::vector<std::shared_ptr<Block>> layers;
  layers.push_back(std::make_shared<ConvNormBlock>(Conv2d::Shape{3, 16, 3, 2}, Activation::hardswish, norm));
  for (int i = 0; i < kBlocks; ++i) {
    const auto block = block_v3(i, reduced_tail);
    layers.push_back(std::make_shared<InvertedResidualV3>(v3_block_layers(i, reduced_tail, norm),
                                                          block.stride == 1 && block.in == block.out));
  }
  layers.push_back(std::make_shared<ConvNormBlock>(
      Conv2d::Shape{v3_stride32_channels(reduced_tail), v3_last_channels(reduced_tail), 1, 1},
      Activation::hardswish, norm));
  return layers;
}

InvertedResidualV2::InvertedResidualV2(int in, int out, int stride, int expansion, const NormOptions& norm)
    : shortcut_(stride == 1 && in == out) {
  const int expanded = in * expansion;
  auto conv = register_module("conv", std::make_shared<ModuleGroup>());
  int index = 0;
  auto add = [&](auto layer) { return conv->register_module(std::to_string(index++), layer); };
  if (expansion != 1)
    expansion_ =
        add(std::make_shared<ConvNormBlock>(Conv2d::Shape{in, expanded, 1, 1}, Activation::relu6, norm));
  depthwise_ = add(std::make_shared<ConvNormBlock>(Conv2d::Shape{expanded, expanded, 3, stride, expanded},
                                                   Activation::relu6, norm));
  projection_ = add(std::make_shared<Conv2d>(Conv2d::Shape{expanded, out, 1, 1}));
  norm_ = add(std::make_shared<BatchNorm2d>(out, norm));
  norm_->follow(projection_);
}

at::Tensor InvertedResidualV2::expand(const at::Tensor& x) {
  return expansion_ ? expansion_->forward(x) : x;
}

at::Tensor InvertedResidualV2::finish(const at::Tensor& expanded) {
  return norm_->forward(projection_->forward(depthwise_->forward(expanded)));
}

at::Tensor InvertedResidualV2::forward(const at::Tensor& x) {
  auto y = finish(expand(x));
  return shortcut_ ? y + x : y;
}

std::vector<std::shared_ptr<Block>> v2(const NormOptions& norm) {
  struct Stage {
    int expansion;
    int out;
    int repeats;
    int stride;
  };
  // Table 2 of the paper.
  constexpr std::array<Stage, 7> kStages = {{{1, 16, 1, 1},
                                             {6, 24, 2, 2},
                                             {6, 32, 3, 2},
                                             {6, 64, 4, 2},
                                             {6, 96, 3, 1},
                                             {6, 160, 3, 2},
                                             {6, 320, 1, 1}}};
  std::vector<std::shared_ptr<Block>> layers;
  layers.push_back(std::make_shared<ConvNormBlock>(Conv2d::Shape{3, 32, 3, 2}, Activation::relu6, norm));
  int in = 32;
  for (const auto& stage : kStages) {
    for (int i = 0; i < stage.repeats; ++i) {
      layers.push_back(std::make_shared<InvertedResidualV2>(in, stage.out, i == 0 ? stage.stride : 1,
                                                            stage.expansion, norm));
      in = stage.out;
    }
  }
  layers.push_back(
      std::make_shared<ConvNormBlock>(Conv2d::Shape{in, kV2Last, 1, 1}, Activation::relu6, norm));
  return layers;
}

}  // namespace ds::detail::mobilenet

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "blocks/blocks.h"

/// Layers under the parameter names of torchvision's models.
namespace ds::detail {

/// Blocks one after another under names of their own.
class NamedChain : public Block {
 public:
  using Parts = std::vector<std::pair<std::string, std::shared_ptr<Block>>>;
  explicit NamedChain(Parts parts);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  Parts parts_;
};

/// Convolution, BatchNorm, activation: children `0`, `1`.
class ConvNormBlock : public Block {
 public:
  ConvNormBlock(const Conv2d::Shape& shape, Activation activation, const NormOptions& norm);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm2d> norm_;
  Activation activation_;
};

/// Channel attention (Hu et al. 2018, in MobileNetV3's form): mean over the image, 1x1 `fc1`, ReLU, 1x1
/// `fc2`, hard sigmoid, times the input.
class SqueezeExcite : public Block {
 public:
  SqueezeExcite(int channels, int squeezed);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<Conv2d> fc1_;
  std::shared_ptr<Conv2d> fc2_;
};

/// A fully connected layer: `weight` [out,in] and `bias` [out], uniform within 1/sqrt(in).
class Linear : public Block {
 public:
  Linear(int in, int out);
  /// @param x [N,in] @return [N,out]
  at::Tensor forward(const at::Tensor& x) override;

  at::Tensor weight;
  at::Tensor bias;
};

/// A module that only holds others.
class ModuleGroup : public torch::nn::Module {};

/// Every convolution below: weights from a normal distribution of this deviation, biases 0.
void init_normal(torch::nn::Module& module, double deviation);
/// Every convolution below: weights from a normal distribution of deviation sqrt(2 / fan out) (He et al.
/// 2015), biases 0.
void init_he_fan_out(torch::nn::Module& module);
/// Every convolution below: weights uniform within sqrt(3 / fan in), biases 0.
void init_uniform_fan_in(torch::nn::Module& module);

/// RoIAlign (He et al. 2017, section 3) with 2x2 samples in each of 7x7 bins and no half-pixel shift, as the
/// published checkpoints were trained with. Samples are bilinear; one that falls outside the features by more
/// than a cell is 0. Differentiable in the features.
/// @param features [C,h,w] float32 of one image
/// @param boxes [N,4] float32: x0 y0 x1 y1, input pixels
/// @param scale cells per input pixel
/// @return [N,C,7,7]
at::Tensor roi_align(const at::Tensor& features, const at::Tensor& boxes, double scale);

}  // namespace ds::detail

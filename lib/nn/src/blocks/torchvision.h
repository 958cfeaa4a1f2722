#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "blocks.h"

/// Layers under the parameter names of torchvision's models.
namespace ds {

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

}  // namespace ds

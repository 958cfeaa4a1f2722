#pragma once

#include <torch/nn/module.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// The layers the architectures are made of. Names of parameters follow the families' official checkpoints.
namespace ds {

/// A layer from one tensor to one tensor.
class Block : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& x) = 0;
};

/// A convolution's parameters and shape: `weight` [out,in/groups,k,k], and `bias` [out] when asked for.
/// Initialised uniformly within 1/sqrt(fan in), as torch's own layer.
class Conv2d : public Block {
 public:
  struct Shape {
    int in = 0;
    int out = 0;
    int kernel = 1;
    int stride = 1;
    int groups = 1;
    bool bias = false;
  };
  explicit Conv2d(const Shape& shape);
  /// With a weight and a bias (undefined: none) that are there already.
  Conv2d(const Shape& shape, const at::Tensor& given_weight, const at::Tensor& given_bias);
  at::Tensor forward(const at::Tensor& x) override;
  const Shape& shape() const { return shape_; }

  at::Tensor weight;
  at::Tensor bias;

 private:
  Shape shape_;
};

/// BatchNorm's constants; the defaults are YOLOX's.
struct NormOptions {
  double eps = 1e-3;
  double momentum = 0.03;
};

/// BatchNorm over channels.
class BatchNorm2d : public Block {
 public:
  explicit BatchNorm2d(int channels, const NormOptions& options = {});
  at::Tensor forward(const at::Tensor& x) override;
  double eps() const { return options_.eps; }

  at::Tensor weight;
  at::Tensor bias;
  at::Tensor running_mean;
  at::Tensor running_var;
  at::Tensor num_batches_tracked;

 private:
  NormOptions options_;
};

/// Convolution, BatchNorm, SiLU: children `conv`, `bn`.
class ConvBlock : public Block {
 public:
  ConvBlock(int in, int out, int kernel, int stride, int groups = 1, const NormOptions& norm = {});
  /// Over a convolution that several blocks may share, each with a BatchNorm of its own.
  ConvBlock(std::shared_ptr<Conv2d> conv, const NormOptions& norm);
  at::Tensor forward(const at::Tensor& x) override;
  /// Replaces the convolution by a copy of its own, so that a block that shared it can be folded.
  void own_convolution();
  /// Folds the BatchNorm into the convolution, for good.
  void fold();

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm2d> bn_;
  bool folded_ = false;
};

/// A depthwise then a pointwise ConvBlock: children `dconv`, `pconv`.
class SeparableConvBlock : public Block {
 public:
  SeparableConvBlock(int in, int out, int kernel, int stride);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<ConvBlock> depthwise_;
  std::shared_ptr<ConvBlock> pointwise_;
};

/// A ConvBlock, or its separable form.
std::shared_ptr<Block> make_conv(bool separable, int in, int out, int kernel, int stride);

/// Blocks one after another: children `0`, `1` ...
class Chain : public Block {
 public:
  explicit Chain(std::vector<std::shared_ptr<Block>> blocks);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::vector<std::shared_ptr<Block>> blocks_;
};

/// Modules side by side: children `0`, `1` ...
template <typename T>
class ModuleList : public torch::nn::Module {
 public:
  explicit ModuleList(std::vector<std::shared_ptr<T>> items) : items_(std::move(items)) {
    for (std::size_t i = 0; i < items_.size(); ++i) register_module(std::to_string(i), items_[i]);
  }
  T& operator[](std::size_t i) const { return *items_[i]; }
  std::size_t size() const { return items_.size(); }

 private:
  std::vector<std::shared_ptr<T>> items_;
};

/// Spatial pyramid pooling with windows 5, 9, 13: children `conv1`, `conv2`.
class SpatialPyramid : public Block {
 public:
  SpatialPyramid(int in, int out, const NormOptions& norm = {});
  at::Tensor forward(const at::Tensor& x) override;

 private:
  std::shared_ptr<ConvBlock> conv1_;
  std::shared_ptr<ConvBlock> conv2_;
};

/// Feature maps at strides 8, 16, 32.
using Levels = std::array<at::Tensor, 3>;

/// While it lives, convolutions on this thread add their operations (2 per multiply-add) to `flops()`.
class FlopCounter {
 public:
  FlopCounter();
  ~FlopCounter();
  FlopCounter(const FlopCounter&) = delete;
  FlopCounter& operator=(const FlopCounter&) = delete;
  std::int64_t flops() const { return flops_; }
  static void add(std::int64_t operations);

 private:
  std::int64_t flops_ = 0;
  FlopCounter* outer_ = nullptr;
};

}  // namespace ds

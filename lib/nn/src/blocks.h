#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
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
  at::Tensor forward(const at::Tensor& x) override;

  at::Tensor weight;
  at::Tensor bias;

 private:
  Shape shape_;
};

/// BatchNorm over channels, eps 1e-3 and momentum 0.03 as YOLOX uses them.
class BatchNorm2d : public Block {
 public:
  static constexpr double kEps = 1e-3;
  static constexpr double kMomentum = 0.03;
  explicit BatchNorm2d(int channels);
  at::Tensor forward(const at::Tensor& x) override;

  at::Tensor weight;
  at::Tensor bias;
  at::Tensor running_mean;
  at::Tensor running_var;
  at::Tensor num_batches_tracked;
};

/// Convolution, BatchNorm, SiLU: children `conv`, `bn`.
class ConvBlock : public Block {
 public:
  ConvBlock(int in, int out, int kernel, int stride, int groups = 1);
  at::Tensor forward(const at::Tensor& x) override;
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

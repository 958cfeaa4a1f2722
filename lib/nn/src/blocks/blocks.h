#pragma once

#include <torch/nn/module.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// The layers the architectures are made of. Names of parameters follow the families' official checkpoints.
namespace ds::detail {

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
  double momentum = 0.03;  // a batch's share in the running statistics
  /// The first batches have larger shares, so that the running statistics are their plain mean and no longer
  /// know that they began with mean 0 and variance 1: that matters in runs of some hundred steps.
  bool warm_up = false;
};

/// BatchNorm over channels.
class BatchNorm2d : public Block {
 public:
  explicit BatchNorm2d(int channels, const NormOptions& options = {});
  at::Tensor forward(const at::Tensor& x) override;

  /// Says whose output this normalises, and nobody else uses: what fold() folds into, and where a file with
  /// folded weights keeps its bias.
  void follow(std::shared_ptr<Conv2d> conv) { conv_ = std::move(conv); }
  const std::shared_ptr<Conv2d>& convolution() const { return conv_; }
  double eps() const { return options_.eps; }

  /// forward(), then SiLU: in one operation where that saves time and memory (norm_silu/operation.h).
  at::Tensor forward_silu(const at::Tensor& x);

  /// Folds this into its convolution, for good; forward() then hands its input on. Without one: nothing.
  void fold();

  /// Until end_calibration(), forward() computes what it does in evaluation mode and
  /// sums its input's statistics.
  void begin_calibration();
  /// Takes the mean m and variance v of all input since as the running statistics, and the weight and bias
  /// with which evaluation mode computes the same as before: from y = w0 x + b0 to weight = w0 sqrt(v + eps),
  /// bias = b0 + w0 m. Training mode on that same input then computes the same, too.
  void end_calibration();

  at::Tensor weight;
  at::Tensor bias;
  at::Tensor running_mean;
  at::Tensor running_var;
  at::Tensor num_batches_tracked;

 private:
  double batch_share();

  NormOptions options_;
  std::shared_ptr<Conv2d> conv_;
  bool warm_ = false;
  bool folded_ = false;
  bool calibrating_ = false;
  std::int64_t seen_ = 0;  // values per channel
  at::Tensor sums_;        // [2,C] float64: of the values, of their squares
};

enum class Activation { none, relu, relu6, hardswish, silu };
/// In place where no gradient is recorded: x is not used again.
at::Tensor activated(const at::Tensor& x, Activation activation);
/// min(max(x / 6 + 1/2, 0), 1)
at::Tensor hard_sigmoid(const at::Tensor& x);

/// Convolution, BatchNorm, SiLU: children `conv`, `bn`.
class ConvBlock : public Block {
 public:
  ConvBlock(int in, int out, int kernel, int stride, int groups = 1, const NormOptions& norm = {});
  /// Over a convolution that several blocks may share, each with a BatchNorm of its own: no folding then.
  ConvBlock(std::shared_ptr<Conv2d> conv, const NormOptions& norm);
  at::Tensor forward(const at::Tensor& x) override;
  /// Replaces the convolution by a copy of its own, so that its BatchNorm can be folded into it.
  void own_convolution();

 private:
  std::shared_ptr<Conv2d> conv_;
  std::shared_ptr<BatchNorm2d> bn_;
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

/// `[1,3,416,416]`.
std::string shape_text(at::IntArrayRef shape);
/// Throws Error unless images are [B,3,H,W] with sides that are multiples of `multiple`.
void check_images(const at::Tensor& images, int multiple);
/// [B,C,h,w] to [B,C,2h,2w], each cell four times.
at::Tensor doubled(const at::Tensor& x);
/// [B,C,h,w] to [B,h*w,C]; no copy when x is channels-last.
at::Tensor cells_first(const at::Tensor& x);
/// Folds every BatchNorm below that knows its convolution.
void fold_all(torch::nn::Module& net);

}  // namespace ds::detail

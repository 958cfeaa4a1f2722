#include "blocks.h"

#include <ATen/ATen.h>

#include <cmath>

namespace ds {
namespace {

thread_local FlopCounter* current_counter = nullptr;

}  // namespace

FlopCounter::FlopCounter() : outer_(current_counter) {
  current_counter = this;
}
FlopCounter::~FlopCounter() {
  current_counter = outer_;
}
void FlopCounter::add(std::int64_t operations) {
  if (current_counter != nullptr) current_counter->flops_ += operations;
}

Conv2d::Conv2d(const Shape& shape) : shape_(shape) {
  int fan_in = shape.in / shape.groups * shape.kernel * shape.kernel;
  double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  weight = register_parameter(
      "weight", at::empty({shape.out, shape.in / shape.groups, shape.kernel, shape.kernel}, at::kFloat)
                    .uniform_(-bound, bound));
  if (shape.bias)
    bias = register_parameter("bias", at::empty({shape.out}, at::kFloat).uniform_(-bound, bound));
}

Conv2d::Conv2d(const Shape& shape, const at::Tensor& given_weight, const at::Tensor& given_bias)
    : weight(register_parameter("weight", given_weight)), shape_(shape) {
  if (given_bias.defined()) bias = register_parameter("bias", given_bias);
}

at::Tensor Conv2d::forward(const at::Tensor& x) {
  int padding = (shape_.kernel - 1) / 2;
  auto y =
      at::conv2d(x, weight, bias, {shape_.stride, shape_.stride}, {padding, padding}, {1, 1}, shape_.groups);
  FlopCounter::add(2 * y.numel() * weight.numel() / shape_.out);
  return y;
}

BatchNorm2d::BatchNorm2d(int channels, const NormOptions& options)
    : weight(register_parameter("weight", at::ones({channels}))),
      bias(register_parameter("bias", at::zeros({channels}))),
      running_mean(register_buffer("running_mean", at::zeros({channels}))),
      running_var(register_buffer("running_var", at::ones({channels}))),
      num_batches_tracked(register_buffer("num_batches_tracked", at::zeros({}, at::kLong))),
      options_(options) {}

at::Tensor BatchNorm2d::forward(const at::Tensor& x) {
  if (is_training()) num_batches_tracked.add_(1);
  return at::batch_norm(x, weight, bias, running_mean, running_var, is_training(), options_.momentum,
                        options_.eps, at::globalContext().userEnabledCuDNN());
}

ConvBlock::ConvBlock(int in, int out, int kernel, int stride, int groups, const NormOptions& norm)
    : ConvBlock(std::make_shared<Conv2d>(Conv2d::Shape{in, out, kernel, stride, groups}), norm) {}

ConvBlock::ConvBlock(std::shared_ptr<Conv2d> conv, const NormOptions& norm)
    : conv_(register_module("conv", std::move(conv))),
      bn_(register_module("bn", std::make_shared<BatchNorm2d>(conv_->shape().out, norm))) {}

void ConvBlock::own_convolution() {
  auto weight = conv_->weight.detach().clone();
  auto bias = conv_->bias.defined() ? conv_->bias.detach().clone() : at::Tensor();
  conv_ = replace_module("conv", std::make_shared<Conv2d>(conv_->shape(), weight, bias));
}

at::Tensor ConvBlock::forward(const at::Tensor& x) {
  auto y = conv_->forward(x);
  if (!folded_) y = bn_->forward(y);
  return at::GradMode::is_enabled() ? at::silu(y) : at::silu_(y);
}

void ConvBlock::fold() {
  if (folded_) return;
  at::NoGradGuard no_grad;
  auto factor = bn_->weight / at::sqrt(bn_->running_var + bn_->eps());
  conv_->weight.mul_(factor.view({-1, 1, 1, 1}));
  conv_->bias =
      conv_->register_parameter("bias", bn_->bias - bn_->running_mean * factor, /*requires_grad=*/false);
  folded_ = true;
}

SeparableConvBlock::SeparableConvBlock(int in, int out, int kernel, int stride)
    : depthwise_(register_module("dconv", std::make_shared<ConvBlock>(in, in, kernel, stride, in))),
      pointwise_(register_module("pconv", std::make_shared<ConvBlock>(in, out, 1, 1))) {}

at::Tensor SeparableConvBlock::forward(const at::Tensor& x) {
  return pointwise_->forward(depthwise_->forward(x));
}

std::shared_ptr<Block> make_conv(bool separable, int in, int out, int kernel, int stride) {
  if (separable) return std::make_shared<SeparableConvBlock>(in, out, kernel, stride);
  return std::make_shared<ConvBlock>(in, out, kernel, stride);
}

Chain::Chain(std::vector<std::shared_ptr<Block>> blocks) : blocks_(std::move(blocks)) {
  for (std::size_t i = 0; i < blocks_.size(); ++i) register_module(std::to_string(i), blocks_[i]);
}

at::Tensor Chain::forward(const at::Tensor& x) {
  auto y = x;
  for (const auto& block : blocks_) y = block->forward(y);
  return y;
}

SpatialPyramid::SpatialPyramid(int in, int out, const NormOptions& norm)
    : conv1_(register_module("conv1", std::make_shared<ConvBlock>(in, in / 2, 1, 1, 1, norm))),
      conv2_(register_module("conv2", std::make_shared<ConvBlock>(in / 2 * 4, out, 1, 1, 1, norm))) {}

at::Tensor SpatialPyramid::forward(const at::Tensor& x) {
  // A maximum over 9 is one over 5 of one over 5, and 13 one more: same values, a fraction of the work.
  auto narrow = conv1_->forward(x);
  auto five = at::max_pool2d(narrow, {5, 5}, {1, 1}, {2, 2});
  auto nine = at::max_pool2d(five, {5, 5}, {1, 1}, {2, 2});
  auto thirteen = at::max_pool2d(nine, {5, 5}, {1, 1}, {2, 2});
  return conv2_->forward(at::cat({narrow, five, nine, thirteen}, 1));
}

}  // namespace ds

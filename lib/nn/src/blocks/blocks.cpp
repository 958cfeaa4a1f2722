#include "blocks/blocks.h"

#include <ATen/ATen.h>

#include <cmath>

#include "ds/base/error.h"
#include "norm_silu/operation.h"

namespace ds::detail {
namespace {

thread_local FlopCounter* current_counter = nullptr;

/// libtorch 1.13 has no backward pass of the hard activations in bfloat16 on a CPU.
bool needs_float(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16 && x.is_cpu() && at::GradMode::is_enabled();
}

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
  if (folded_) return x;
  if (calibrating_) {
    auto values = x.detach().to(at::kDouble);
    sums_.add_(at::stack({values.sum({0, 2, 3}), values.square().sum({0, 2, 3})}));
    seen_ += x.numel() / x.size(1);
  }
  // One value has no variance: an image alone on a map of 1x1 is normalised as in evaluation.
  const bool training = is_training() && !calibrating_ && x.numel() > x.size(1);
  const double share = training ? batch_share() : 0;
  if (training) num_batches_tracked.add_(1);
  return at::batch_norm(x, weight, bias, running_mean, running_var, training, share, options_.eps,
                        at::globalContext().userEnabledCuDNN());
}

at::Tensor BatchNorm2d::forward_silu(const at::Tensor& x) {
  if (!is_training() || calibrating_ || folded_ || !at::GradMode::is_enabled() || !norm_silu_takes(x))
    return activated(forward(x), Activation::silu);
  const double share = batch_share();
  num_batches_tracked.add_(1);
  return norm_silu(x, weight, bias, running_mean, running_var, share, options_.eps);
}

double BatchNorm2d::batch_share() {
  if (!options_.warm_up || warm_) return options_.momentum;
  const double mean_share = 1.0 / static_cast<double>(num_batches_tracked.item<std::int64_t>() + 1);
  warm_ = mean_share <= options_.momentum;  // from here on the counter is not asked: on a GPU that waits
  return warm_ ? options_.momentum : mean_share;
}

void BatchNorm2d::fold() {
  if (folded_ || !conv_) return;
  at::NoGradGuard no_grad;
  auto factor = weight / at::sqrt(running_var + options_.eps);
  auto shift = bias - running_mean * factor;
  conv_->weight.mul_(factor.view({-1, 1, 1, 1}));
  if (conv_->bias.defined())
    conv_->bias.mul_(factor).add_(shift);
  else
    conv_->bias = conv_->register_parameter("bias", shift, /*requires_grad=*/false);
  folded_ = true;
}

void BatchNorm2d::begin_calibration() {
  sums_ = at::zeros({2, weight.size(0)}, weight.options().dtype(at::kDouble).requires_grad(false));
  seen_ = 0;
  calibrating_ = true;
}

void BatchNorm2d::end_calibration() {
  calibrating_ = false;
  if (seen_ == 0) return;
  at::NoGradGuard no_grad;
  auto mean = sums_[0] / seen_;
  auto variance = (sums_[1] / seen_ - mean.square()).clamp_min(0);
  auto old_scale = weight / at::sqrt(running_var.to(at::kDouble) + options_.eps);
  auto old_shift = bias - running_mean * old_scale;
  weight.copy_(old_scale * at::sqrt(variance + options_.eps));
  bias.copy_(old_shift + old_scale * mean);
  running_mean.copy_(mean);
  running_var.copy_(variance);
  num_batches_tracked.fill_(
      static_cast<std::int64_t>(std::ceil(1 / options_.momentum)));  // no warm-up over these
}

at::Tensor hard_sigmoid(const at::Tensor& x) {
  return needs_float(x) ? at::hardsigmoid(x.to(at::kFloat)).to(x.scalar_type()) : at::hardsigmoid(x);
}

at::Tensor activated(const at::Tensor& x, Activation activation) {
  if ((activation == Activation::relu6 || activation == Activation::hardswish) && needs_float(x))
    return activated(x.to(at::kFloat), activation).to(x.scalar_type());
  auto y = x;
  const bool recorded = at::GradMode::is_enabled();
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return recorded ? at::relu(x) : at::relu_(y);
    case Activation::relu6:
      return recorded ? at::relu6(x) : at::relu6_(y);
    case Activation::hardswish:
      return recorded ? at::hardswish(x) : at::hardswish_(y);
    case Activation::silu:
      return recorded ? at::silu(x) : at::silu_(y);
  }
  return x;
}

ConvBlock::ConvBlock(int in, int out, int kernel, int stride, int groups, const NormOptions& norm)
    : ConvBlock(std::make_shared<Conv2d>(Conv2d::Shape{in, out, kernel, stride, groups}), norm) {
  bn_->follow(conv_);
}

ConvBlock::ConvBlock(std::shared_ptr<Conv2d> conv, const NormOptions& norm)
    : conv_(register_module("conv", std::move(conv))),
      bn_(register_module("bn", std::make_shared<BatchNorm2d>(conv_->shape().out, norm))) {}

void ConvBlock::own_convolution() {
  auto weight = conv_->weight.detach().clone();
  auto bias = conv_->bias.defined() ? conv_->bias.detach().clone() : at::Tensor();
  conv_ = replace_module("conv", std::make_shared<Conv2d>(conv_->shape(), weight, bias));
  bn_->follow(conv_);
}

at::Tensor ConvBlock::forward(const at::Tensor& x) {
  return bn_->forward_silu(conv_->forward(x));
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

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  return text + "]";
}

void check_images(const at::Tensor& images, int multiple) {
  if (images.dim() == 4 && images.size(0) > 0 && images.size(1) == 3 && images.size(2) > 0 &&
      images.size(3) > 0 && images.size(2) % multiple == 0 && images.size(3) % multiple == 0)
    return;
  throw Error("images of shape " + shape_text(images.sizes()) +
              ", expected [B,3,H,W] with H and W multiples of " + std::to_string(multiple));
}

at::Tensor doubled(const at::Tensor& x) {
  return at::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2});
}

at::Tensor cells_first(const at::Tensor& x) {
  return x.permute({0, 2, 3, 1}).reshape({x.size(0), x.size(2) * x.size(3), x.size(1)});
}

void fold_all(torch::nn::Module& net) {
  for (const auto& module : net.modules(/*include_self=*/false))
    if (auto* norm = dynamic_cast<BatchNorm2d*>(module.get())) norm->fold();
}

}  // namespace ds::detail

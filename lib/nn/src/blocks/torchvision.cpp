#include "blocks/torchvision.h"

#include <ATen/ATen.h>

#include <cmath>

namespace ds::detail {
namespace {

/// Calls init(weight) for every convolution below, and clears its bias.
template <typename Init>
void init_convolutions(torch::nn::Module& module, Init init) {
  at::NoGradGuard no_grad;
  for (const auto& part : module.modules(/*include_self=*/false)) {
    auto* conv = dynamic_cast<Conv2d*>(part.get());
    if (conv == nullptr) continue;
    init(conv->weight);
    if (conv->bias.defined()) conv->bias.zero_();
  }
}

}  // namespace

NamedChain::NamedChain(Parts parts) : parts_(std::move(parts)) {
  for (const auto& [name, block] : parts_) register_module(name, block);
}

at::Tensor NamedChain::forward(const at::Tensor& x) {
  auto y = x;
  for (const auto& [name, block] : parts_) y = block->forward(y);
  return y;
}

ConvNormBlock::ConvNormBlock(const Conv2d::Shape& shape, Activation activation, const NormOptions& norm)
    : conv_(register_module("0", std::make_shared<Conv2d>(shape))),
      norm_(register_module("1", std::make_shared<BatchNorm2d>(shape.out, norm))),
      activation_(activation) {
  norm_->follow(conv_);
}

at::Tensor ConvNormBlock::forward(const at::Tensor& x) {
  return activated(norm_->forward(conv_->forward(x)), activation_);
}

SqueezeExcite::SqueezeExcite(int channels, int squeezed)
    : fc1_(
          register_module("fc1", std::make_shared<Conv2d>(Conv2d::Shape{channels, squeezed, 1, 1, 1, true}))),
      fc2_(register_module("fc2",
                           std::make_shared<Conv2d>(Conv2d::Shape{squeezed, channels, 1, 1, 1, true}))) {}

at::Tensor SqueezeExcite::forward(const at::Tensor& x) {
  auto mean = x.mean({2, 3}, /*keepdim=*/true);  // [B,C,1,1]
  return x * hard_sigmoid(fc2_->forward(activated(fc1_->forward(mean), Activation::relu)));
}

Linear::Linear(int in, int out) {
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  weight = register_parameter("weight", at::empty({out, in}, at::kFloat).uniform_(-bound, bound));
  bias = register_parameter("bias", at::empty({out}, at::kFloat).uniform_(-bound, bound));
}

at::Tensor Linear::forward(const at::Tensor& x) {
  FlopCounter::add(2 * x.size(0) * weight.numel());
  return at::linear(x, weight, bias);
}

void init_normal(torch::nn::Module& module, double deviation) {
  init_convolutions(module, [deviation](at::Tensor& weight) { weight.normal_(0, deviation); });
}

void init_he_fan_out(torch::nn::Module& module) {
  init_convolutions(module, [](at::Tensor& weight) {
    auto fan_out = weight.size(0) * weight.size(2) * weight.size(3);
    weight.normal_(0, std::sqrt(2.0 / static_cast<double>(fan_out)));
  });
}

void init_uniform_fan_in(torch::nn::Module& module) {
  init_convolutions(module, [](at::Tensor& weight) {
    auto fan_in = weight.size(1) * weight.size(2) * weight.size(3);
    const double bound = std::sqrt(3.0 / static_cast<double>(fan_in));
    weight.uniform_(-bound, bound);
  });
}

namespace {

constexpr int kBins = 7;
constexpr int kSamples = kBins * 2;  // per side

/// How much each cell along one axis counts in each bin: [N,7,count]. Bilinear interpolation and the mean of
/// a bin's 2x2 samples are both separable, so that rows and columns can be weighted one after the other.
/// @param low, high [N,1] where the box begins and ends, input pixels
at::Tensor bin_weights(const at::Tensor& low, const at::Tensor& high, double scale, std::int64_t count) {
  auto side = ((high - low) * scale).clamp_min(1);
  auto steps = (at::arange(kSamples, low.options()) + 0.5) / kSamples;
  auto places = low * scale + side * steps;  // [N,14] in cells
  auto inside = at::logical_and(places >= -1, places <= count).to(places.scalar_type());
  auto cells = at::arange(count, low.options());
  auto distances = (places.clamp(0, count - 1).unsqueeze(2) - cells).abs();  // [N,14,count]
  auto weights = (1 - distances).clamp_min(0) * inside.unsqueeze(2);         // [N,14,count]
  return weights.view({low.size(0), kBins, kSamples / kBins, count}).mean(2);
}

}  // namespace

at::Tensor roi_align(const at::Tensor& features, const at::Tensor& boxes, double scale) {
  const auto channels = features.size(0);
  const auto height = features.size(1);
  const auto width = features.size(2);
  const auto count = boxes.size(0);
  auto rows = bin_weights(boxes.slice(1, 1, 2), boxes.slice(1, 3, 4), scale, height);
  auto columns = bin_weights(boxes.slice(1, 0, 1), boxes.slice(1, 2, 3), scale, width);
  auto by_row = features.transpose(0, 1).reshape({height, channels * width});        // [h,C*w]
  auto binned = at::matmul(rows.reshape({count * kBins, height}), by_row);           // [N*7,C*w]
  binned = binned.view({count, kBins * channels, width});                            // [N,7*C,w]
  binned = at::bmm(binned, columns.transpose(1, 2));                                 // [N,7*C,7]
  return binned.view({count, kBins, channels, kBins}).transpose(1, 2).contiguous();  // [N,C,7,7]
}

}  // namespace ds::detail

#include "mobile_blocks.h"

#include <ATen/ATen.h>

#include <cmath>

namespace ds {
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

}  // namespace ds

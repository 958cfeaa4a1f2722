#include "loop/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "ds/base/error.h"

namespace ds::detail {
namespace {

class Sgd : public Optimizer {
 public:
  Sgd(const OptimizerOptions& options, FlatParameters& parameters)
      : options_(options), parameters_(parameters), velocity_(at::zeros_like(parameters.gradients)) {}

  void step(double learning_rate) override {
    at::NoGradGuard no_grad;
    auto& gradient = parameters_.gradients;
    gradient.narrow(0, 0, parameters_.decayed)
        .add_(parameters_.values.narrow(0, 0, parameters_.decayed), options_.weight_decay);
    velocity_.mul_(options_.momentum).add_(gradient);
    parameters_.values.narrow(0, 0, parameters_.trained)
        .add_(gradient, -learning_rate)
        .add_(velocity_, -learning_rate * options_.momentum);
  }
  std::vector<std::pair<std::string, at::Tensor>> state() override { return {{"velocity", velocity_}}; }

 private:
  OptimizerOptions options_;
  FlatParameters& parameters_;
  at::Tensor velocity_;
};

class AdamW : public Optimizer {
 public:
  AdamW(const OptimizerOptions& options, FlatParameters& parameters)
      : options_(options),
        parameters_(parameters),
        mean_(at::zeros_like(parameters.gradients)),
        square_(at::zeros_like(parameters.gradients)),
        steps_(at::zeros({1}, at::kLong)) {}

  void step(double learning_rate) override {
    at::NoGradGuard no_grad;
    auto& gradient = parameters_.gradients;
    auto t = static_cast<double>(++*steps_.data_ptr<std::int64_t>());
    parameters_.values.narrow(0, 0, parameters_.decayed).mul_(1 - learning_rate * options_.weight_decay);
    mean_.lerp_(gradient, 1 - options_.momentum);
    square_.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
    double mean_scale = 1 - std::pow(options_.momentum, t);
    double square_scale = std::sqrt(1 - std::pow(options_.beta2, t));
    auto denominator = square_.sqrt().div_(square_scale).add_(options_.epsilon);
    parameters_.values.narrow(0, 0, parameters_.trained)
        .addcdiv_(mean_, denominator, -learning_rate / mean_scale);
  }
  std::vector<std::pair<std::string, at::Tensor>> state() override {
    return {{"mean", mean_}, {"square", square_}, {"steps", steps_}};
  }

 private:
  OptimizerOptions options_;
  FlatParameters& parameters_;
  at::Tensor mean_;
  at::Tensor square_;
  at::Tensor steps_;  // [1] int64, always on the CPU
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, FlatParameters& parameters) {
  if (options.kind == "adamw") return std::make_unique<AdamW>(options, parameters);
  if (options.kind == "sgd") return std::make_unique<Sgd>(options, parameters);
  throw_unknown_name("optimizer", options.kind, {"adamw", "sgd"});
}

}  // namespace ds::detail

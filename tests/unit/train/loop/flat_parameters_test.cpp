#include "loop/flat_parameters.h"

#include <ATen/ATen.h>

#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "loop/optimizer.h"

#include <catch2/catch.hpp>

namespace {

constexpr int kClasses = 2;

at::Tensor output_of(ds::DetectorNet& net, const at::Tensor& images) {
  at::NoGradGuard no_grad;
  return net.forward_raw(images);
}

}  // namespace

TEST_CASE("flat parameters change nothing about the network") {
  torch::manual_seed(1);
  auto net = ds::make_detector_net("yolox-nano", kClasses);
  net->eval();
  auto images = at::rand({1, 3, 64, 64}) * 255;
  auto before = output_of(*net, images);
  ds::detail::FlatParameters flat(*net);
  REQUIRE(at::count_nonzero(flat.values).item<std::int64_t>() <= ds::parameter_count(*net));
  REQUIRE(at::allclose(output_of(*net, images), before, 1e-5, 1e-5));
  at::NoGradGuard no_grad;
  flat.values.zero_();
  for (const auto& parameter : net->parameters()) REQUIRE(parameter.abs().sum().item<double>() == 0);
}

TEST_CASE("a convolution that levels share has one place, and stays shared") {
  torch::manual_seed(1);
  auto net = ds::make_detector_net("rtmdet-tiny", kClasses);
  net->eval();
  auto images = at::randn({1, 3, 64, 64});
  auto before = output_of(*net, images);
  ds::detail::FlatParameters flat(*net);
  // Once each: the shared ones would add some 300,000, and the room between tensors is less
  // than 16 values each.
  REQUIRE(flat.values.numel() - ds::parameter_count(*net) <
          16 * static_cast<std::int64_t>(net->parameters().size()));
  REQUIRE(at::allclose(output_of(*net, images), before, 1e-5, 1e-5));
  auto parameters = net->named_parameters();
  auto data = [&](int level) {
    return parameters["bbox_head.cls_convs." + std::to_string(level) + ".0.conv.weight"].data_ptr();
  };
  REQUIRE(data(0) == data(1));
  REQUIRE(data(0) == data(2));
  // Every value is some parameter's: zeros everywhere leave no other behind.
  at::NoGradGuard no_grad;
  flat.values.fill_(2);
  for (const auto& parameter : net->parameters()) REQUIRE(parameter.min().item<double>() == 2);
}

TEST_CASE("every tensor begins at a multiple of 64 bytes, whatever the number of classes") {
  for (int classes : {1, 3, 6}) {
    auto net = ds::make_detector_net("yolox-nano", classes);
    ds::detail::FlatParameters flat(*net);
    for (const auto& parameter : net->parameters()) {
      REQUIRE(reinterpret_cast<std::uintptr_t>(parameter.data_ptr()) % 64 == 0);
      REQUIRE(reinterpret_cast<std::uintptr_t>(parameter.grad().data_ptr()) % 64 == 0);
    }
    for (const auto& buffer : net->buffers())
      if (buffer.is_floating_point()) REQUIRE(reinterpret_cast<std::uintptr_t>(buffer.data_ptr()) % 64 == 0);
  }
}

TEST_CASE("gradients land in the flat vector, and frozen parameters get none") {
  torch::manual_seed(1);
  auto net = ds::make_detector_net("yolox-nano", kClasses);
  ds::detail::FlatParameters flat(*net, net->backbone_prefixes());
  REQUIRE(flat.trained < flat.values.numel());
  std::vector<ds::ImageTargets> targets(1);
  targets[0].objects.push_back({{10, 10, 40, 40}, 1, false});
  net->loss(at::rand({1, 3, 64, 64}) * 255, targets).total.backward();
  double squares = 0;
  for (const auto& parameter : net->parameters())
    if (parameter.requires_grad()) squares += parameter.grad().square().sum().item<double>();
  REQUIRE(squares > 0);
  REQUIRE(flat.gradients.square().sum().item<double>() == Approx(squares).epsilon(1e-3));
  // Clipping scales the whole vector to the norm asked for.
  double norm = flat.clip_gradients(0.5);
  REQUIRE(norm == Approx(std::sqrt(squares)).epsilon(1e-3));
  REQUIRE(flat.gradients.norm().item<double>() == Approx(0.5).epsilon(1e-4));
}

TEST_CASE("a replica shares the values and has its own gradients and statistics") {
  auto first = ds::make_detector_net("yolox-nano", kClasses);
  auto second = ds::make_detector_net("yolox-nano", kClasses);
  ds::detail::FlatParameters flat(*first);
  ds::detail::FlatParameters replica(*second, flat);
  REQUIRE(replica.values.data_ptr() == flat.values.data_ptr());
  REQUIRE(replica.gradients.data_ptr() != flat.gradients.data_ptr());
  REQUIRE(replica.statistics.data_ptr() != flat.statistics.data_ptr());
  REQUIRE(at::equal(replica.statistics, flat.statistics));
}

TEST_CASE("the running average moves by one minus the decay") {
  auto net = ds::make_detector_net("yolox-nano", kClasses);
  auto average = ds::make_detector_net("yolox-nano", kClasses);
  ds::detail::FlatParameters flat(*net);
  ds::detail::FlatParameters mean(*average);
  at::NoGradGuard no_grad;
  flat.values.fill_(1);
  mean.values.fill_(0);
  flat.statistics.fill_(3);
  mean.statistics.fill_(1);
  flat.average_into(mean, 0.75);
  // 0.75 * 0 + 0.25 * 1 and 0.75 * 1 + 0.25 * 3
  REQUIRE(mean.values.min().item<double>() == Approx(0.25));
  REQUIRE(mean.values.max().item<double>() == Approx(0.25));
  REQUIRE(mean.statistics.max().item<double>() == Approx(1.5));
}

TEST_CASE("AdamW and SGD take the steps of their formulas") {
  auto net = ds::make_detector_net("yolox-nano", kClasses);
  ds::detail::FlatParameters flat(*net);
  at::NoGradGuard no_grad;
  flat.values.fill_(2);
  flat.gradients.fill_(0.5);
  const auto last = flat.values.numel() - 1;

  SECTION("AdamW") {
    auto optimizer = ds::detail::make_optimizer({"adamw", 0.9, 0.999, 1e-8, 0.1}, flat);
    optimizer->step(0.01);
    // First step: mean / scale = gradient, sqrt(square) / scale = |gradient|: the move is the rate, 0.01.
    // Weights decay first: 2 (1 - 0.01 * 0.1) = 1.998, then 1.988; a bias: 1.99.
    REQUIRE(flat.values[0].item<double>() == Approx(1.988));
    REQUIRE(flat.values[last].item<double>() == Approx(1.99));
  }
  SECTION("SGD with Nesterov momentum") {
    auto optimizer = ds::detail::make_optimizer({"sgd", 0.9, 0, 0, 0.1}, flat);
    optimizer->step(0.01);
    // A weight: gradient 0.5 + 0.1 * 2 = 0.7, velocity 0.7, move 0.01 (0.7 + 0.9 * 0.7) = 0.0133; a bias:
    // 0.01 (0.5 + 0.45) = 0.0095.
    REQUIRE(flat.values[0].item<double>() == Approx(1.9867));
    REQUIRE(flat.values[last].item<double>() == Approx(1.9905));
  }
}

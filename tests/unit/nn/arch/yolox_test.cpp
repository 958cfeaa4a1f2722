#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/optim/adam.h>

#include "ds/base/error.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

std::shared_ptr<DetectorNet> seeded_net(const std::string& name = "yolox-nano", int num_classes = 3) {
  at::set_num_threads(1);
  at::manual_seed(1);
  return make_detector_net(name, num_classes);
}

ImageTargets targets_of(std::vector<TargetObject> objects) {
  return {std::move(objects)};
}

double value_of(const LossParts& parts, const std::string& name) {
  for (const auto& [key, value] : parts.parts)
    if (key == name) return value;
  throw std::runtime_error("no part " + name);
}

/// A grey picture with a bright rectangle where the object is.
at::Tensor picture(const std::vector<TargetObject>& objects, int side = 64) {
  auto image = at::full({1, 3, side, side}, 90.0F);
  for (const auto& object : objects) {
    image.slice(2, static_cast<int>(object.box.y0), static_cast<int>(object.box.y1))
        .slice(3, static_cast<int>(object.box.x0), static_cast<int>(object.box.x1))
        .select(1, object.class_idx)
        .fill_(250);
  }
  return image;
}

}  // namespace

TEST_CASE("parameter counts are the published ones") {
  // COCO, 80 classes: 0.91 M, 5.06 M and 8.97 M in the paper's tables.
  REQUIRE(parameter_count(*seeded_net("yolox-nano", 80)) == 912159);
  REQUIRE(parameter_count(*seeded_net("yolox-tiny", 80)) / 10000 == 505);
  REQUIRE(parameter_count(*seeded_net("yolox-s", 80)) / 10000 == 896);
}

TEST_CASE("operations are near the published ones") {
  // 1.08 GFLOPs for nano at 416; activations and BatchNorm are not counted here.
  auto net = seeded_net("yolox-nano", 80);
  double gflops = static_cast<double>(flop_count(*net, 416, 416)) / 1e9;
  REQUIRE(gflops > 1.0);
  REQUIRE(gflops < 1.1);
  REQUIRE(net->is_training());
}

TEST_CASE("a YOLOX gives one row per cell") {
  auto net = seeded_net("yolox-nano", 2);
  net->eval();
  at::NoGradGuard no_grad;
  // 64x96 at strides 8, 16, 32: 8*12 + 4*6 + 2*3 = 126 cells
  REQUIRE(net->forward_raw(at::zeros({2, 3, 64, 96})).sizes() == at::IntArrayRef({2, 126, 7}));
}

TEST_CASE("decoding places boxes by cell and stride") {
  auto net = seeded_net();
  auto raw = at::zeros({1, 21, 8});  // 32x32: 16 + 4 + 1 cells
  raw[0][5].copy_(at::tensor({0.5F, 0.25F, std::log(2.0F), 0.0F, 0.5F, 0.1F, 0.8F, 0.2F}));
  auto decoded = net->decode(raw, 32, 32);
  // Cell 5 is column 1, row 1 of stride 8: centre (1.5*8, 1.25*8) = (12,10), size (16,8).
  REQUIRE(at::allclose(decoded.boxes[0][5], at::tensor({4.0F, 6.0F, 20.0F, 14.0F})));
  REQUIRE(at::allclose(decoded.scores[0][5], at::tensor({0.05F, 0.4F, 0.1F})));
  auto found = net->postprocess(decoded, {0.3, 0.65, 100});
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].size() == 1);
  REQUIRE(found[0][0].class_idx == 1);
  REQUIRE(found[0][0].score == Approx(0.4));
  REQUIRE(net->candidates(decoded, 0.08)[0].size() ==
          2);  // 0.4 and 0.1: an anchor speaks for all its classes
}

TEST_CASE("the loss of a batch is finite, sums its parts, and has a gradient for every parameter") {
  auto net = seeded_net();
  auto images = at::rand({2, 3, 64, 64}) * 255;
  auto loss = net->loss(images, {targets_of({{{10, 10, 40, 50}, 1}, {{30, 5, 60, 30}, 2}}), targets_of({})});
  REQUIRE(std::isfinite(loss.total.item<double>()));
  REQUIRE(loss.num_foreground >= 2);
  REQUIRE(loss.parts.size() == 3);
  double sum = value_of(loss, "box") + value_of(loss, "obj") + value_of(loss, "cls");
  REQUIRE(loss.total.item<double>() == Approx(sum).epsilon(1e-5));
  loss.total.backward();
  for (const auto& item : net->named_parameters()) {
    INFO(item.key());
    REQUIRE(item.value().grad().defined());
    REQUIRE(at::isfinite(item.value().grad()).all().item<bool>());
  }
  auto closing = net->loss(images, {targets_of({{{10, 10, 40, 50}, 1}}), targets_of({})}, {.closing = true});
  REQUIRE(closing.parts.back().first == "l1");
  REQUIRE(closing.parts.back().second > 0);
}

TEST_CASE("a batch of one image without objects only teaches that nothing is there") {
  auto net = seeded_net();
  auto loss = net->loss(at::rand({1, 3, 64, 64}), {targets_of({})});
  REQUIRE(loss.num_foreground == 0);
  REQUIRE(value_of(loss, "box") == 0);
  REQUIRE(value_of(loss, "cls") == 0);
  REQUIRE(value_of(loss, "obj") > 0);
  loss.total.backward();
  REQUIRE(std::isfinite(loss.total.item<double>()));
}

TEST_CASE("an ignore region takes its cells out of the objectness loss") {
  auto net = seeded_net();
  net->eval();  // the same statistics for both
  at::NoGradGuard no_grad;
  auto images = at::rand({1, 3, 64, 64}) * 255;
  auto all = net->loss(images, {targets_of({})});
  auto left = net->loss(images, {targets_of({{{0, 0, 32, 64}, 0, true}})});
  auto whole = net->loss(images, {targets_of({{{0, 0, 64, 64}, 0, true}})});
  REQUIRE(value_of(left, "obj") < value_of(all, "obj"));
  REQUIRE(value_of(left, "obj") > 0);
  REQUIRE(value_of(whole, "obj") == 0);
}

TEST_CASE("class weights scale the classification loss") {
  auto net = seeded_net();
  net->eval();
  at::NoGradGuard no_grad;
  auto images = at::rand({1, 3, 64, 64}) * 255;
  std::vector<ImageTargets> targets = {targets_of({{{10, 10, 40, 50}, 1}})};
  auto plain = net->loss(images, targets);
  auto doubled = net->loss(images, targets, {.class_weights = {2, 2, 2}});
  REQUIRE(value_of(doubled, "cls") == Approx(2 * value_of(plain, "cls")));
  REQUIRE_THROWS_WITH(net->loss(images, targets, {.class_weights = {1}}), "1 class weights for 3 classes");
}

TEST_CASE("label smoothing gives a part of a class target to all classes") {
  auto images = at::rand({1, 3, 64, 64}) * 255;
  auto loss_of = [&](int classes, int class_idx, double smoothing) {
    torch::manual_seed(3);
    auto net = ds::make_detector_net("yolox-nano", classes);
    net->eval();
    at::NoGradGuard no_grad;
    // A fresh net gives every class the same score, so that it would not matter who gets the target.
    for (auto& item : net->named_parameters())
      if (item.key().find("cls_preds") != std::string::npos && item.key().find("bias") != std::string::npos)
        item.value().copy_(at::arange(classes));
    return value_of(
        net->loss(images, {targets_of({{{10, 10, 40, 50}, class_idx}})}, {.label_smoothing = smoothing}),
        "cls");
  };
  // The cross entropy is linear in its target, so in the smoothing; with one class there is no other.
  double step = loss_of(3, 2, 0.1) - loss_of(3, 2, 0);
  REQUIRE(std::abs(step) > 1e-6);
  REQUIRE(loss_of(3, 2, 0.2) - loss_of(3, 2, 0) == Approx(2 * step).epsilon(1e-3));
  REQUIRE(loss_of(1, 0, 0.3) == Approx(loss_of(1, 0, 0)));
}

TEST_CASE("training on two images lowers the loss, twice alike") {
  std::vector<TargetObject> first = {{{8, 8, 40, 40}, 0}};
  std::vector<TargetObject> second = {{{20, 24, 60, 56}, 1}};
  auto images = at::cat({picture(first), picture(second)});
  auto run = [&](int steps) {
    auto net = seeded_net();
    torch::optim::Adam optimizer(net->parameters(), torch::optim::AdamOptions(2e-3));
    std::vector<double> losses;
    for (int step = 0; step < steps; ++step) {
      auto loss = net->loss(images, {targets_of(first), targets_of(second)});
      losses.push_back(loss.total.item<double>());
      optimizer.zero_grad();
      loss.total.backward();
      optimizer.step();
    }
    return losses;
  };
  auto losses = run(60);
  INFO("first " << losses.front() << ", last " << losses.back());
  REQUIRE(losses.back() < 0.6 * losses.front());
  REQUIRE(run(5) == std::vector<double>(losses.begin(), losses.begin() + 5));
}

TEST_CASE("bfloat16 autocast and channels-last train, with float32 losses") {
  auto net = seeded_net();
  to_channels_last(*net);
  auto images = (at::rand({2, 3, 64, 64}) * 255).contiguous(at::MemoryFormat::ChannelsLast);
  std::vector<ImageTargets> targets = {targets_of({{{10, 10, 40, 50}, 1}}), targets_of({})};
  auto exact = net->loss(images, targets).total.item<double>();
  at::autocast::set_cpu_enabled(true);
  at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  auto loss = net->loss(images, targets);
  at::autocast::set_cpu_enabled(false);
  at::autocast::clear_cache();
  REQUIRE(loss.total.scalar_type() == at::kFloat);
  REQUIRE(loss.total.item<double>() == Approx(exact).epsilon(0.1));
  loss.total.backward();
  for (const auto& parameter : net->parameters()) REQUIRE(parameter.grad().scalar_type() == at::kFloat);
}

TEST_CASE("wrong calls say what was given and what was expected") {
  auto net = seeded_net();
  REQUIRE_THROWS_WITH(net->forward_raw(at::zeros({1, 3, 60, 64})),
                      "images of shape [1,3,60,64], expected [B,3,H,W] with H and W multiples of 32");
  REQUIRE_THROWS_WITH(net->loss(at::zeros({1, 3, 64, 64}), {}), "0 targets for a batch of 1");
  REQUIRE_THROWS_WITH(net->loss(at::zeros({1, 3, 64, 64}), {targets_of({{{1, 1, 9, 9}, 3}})}),
                      "target of class index 3 in a network of 3 classes");
  REQUIRE_THROWS_WITH(net->decode(at::zeros({1, 20, 8}), 32, 32),
                      "raw output of shape [1,20,8], expected [B,21,8]");
  REQUIRE_THROWS_AS(make_detector_net("yolox-nan", 3), UsageError);
  REQUIRE_THROWS_WITH(make_detector_net("yolox-nano", 0), "a detector needs at least one class, got 0");
}

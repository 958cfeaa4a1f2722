#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <map>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

std::shared_ptr<DetectorNet> seeded_net(const std::string& name = "rtmdet-tiny", int num_classes = 3) {
  at::set_num_threads(1);
  at::manual_seed(1);
  return make_detector_net(name, num_classes);
}

double value_of(const LossParts& parts, const std::string& name) {
  for (const auto& [key, value] : parts.parts)
    if (key == name) return value;
  throw std::runtime_error("no part " + name);
}

const std::vector<ImageTargets> kTwoImages = {{{{{10, 10, 40, 50}, 1}, {{30, 5, 60, 30}, 2}}}, {{}}};

}  // namespace

TEST_CASE("RTMDet's tensors have the names and shapes of mmdetection's checkpoints") {
  const std::map<std::string, std::vector<std::int64_t>> published = {
      {"backbone.stem.0.conv.weight", {12, 3, 3, 3}},
      {"backbone.stem.2.bn.running_var", {24}},
      {"backbone.stage1.0.conv.weight", {48, 24, 3, 3}},
      {"backbone.stage1.1.main_conv.conv.weight", {24, 48, 1, 1}},
      {"backbone.stage2.1.blocks.0.conv1.conv.weight", {48, 48, 3, 3}},
      {"backbone.stage1.1.blocks.0.conv2.depthwise_conv.conv.weight", {24, 1, 5, 5}},
      {"backbone.stage1.1.blocks.0.conv2.pointwise_conv.bn.num_batches_tracked", {}},
      {"backbone.stage3.1.attention.fc.bias", {192}},
      {"backbone.stage4.1.conv2.conv.weight", {384, 768, 1, 1}},
      {"backbone.stage4.2.attention.fc.weight", {384, 384, 1, 1}},
      {"neck.reduce_layers.0.conv.weight", {192, 384, 1, 1}},
      {"neck.top_down_blocks.1.final_conv.bn.bias", {96}},
      {"neck.downsamples.1.conv.weight", {192, 192, 3, 3}},
      {"neck.bottom_up_blocks.1.short_conv.conv.weight", {192, 384, 1, 1}},
      {"neck.out_convs.2.conv.weight", {96, 384, 3, 3}},
      {"bbox_head.cls_convs.2.1.conv.weight", {96, 96, 3, 3}},
      {"bbox_head.reg_convs.1.0.bn.weight", {96}},
      {"bbox_head.rtm_cls.0.weight", {80, 96, 1, 1}},
      {"bbox_head.rtm_reg.2.bias", {4}}};
  auto state = state_of(*seeded_net("rtmdet-tiny", 80));
  for (const auto& [name, shape] : published) {
    INFO(name);
    const auto* tensor = state.find(name);
    REQUIRE(tensor != nullptr);
    REQUIRE(tensor->sizes() == at::IntArrayRef(shape));
  }
  REQUIRE(state_of(*seeded_net("rtmdet-s", 80)).find("backbone.stage2.1.blocks.1.conv1.bn.bias") != nullptr);
}

TEST_CASE("RTMDet's parameter counts and operations are the published ones") {
  // 4.8 M (4.896 cut) and 8.89 M; 8.1 G multiply-adds at 640. A convolution that levels share is counted once
  // as parameters and at every level as operations.
  auto tiny = seeded_net("rtmdet-tiny", 80);
  REQUIRE(parameter_count(*tiny) == 4896168);
  REQUIRE(parameter_count(*seeded_net("rtmdet-s", 80)) == 8886924);
  REQUIRE(static_cast<double>(flop_count(*tiny, 640, 640)) / 2e9 == Approx(8.1).epsilon(0.02));
}

TEST_CASE("the head's levels share their convolutions and keep their own BatchNorms") {
  auto net = seeded_net();
  auto state = state_of(*net);
  auto data = [&](const std::string& name) { return state.find("bbox_head." + name)->data_ptr(); };
  for (const char* level : {"1", "2"}) {
    REQUIRE(data("cls_convs.0.1.conv.weight") == data("cls_convs." + std::string(level) + ".1.conv.weight"));
    REQUIRE(data("reg_convs.0.0.conv.weight") == data("reg_convs." + std::string(level) + ".0.conv.weight"));
    REQUIRE(data("cls_convs.0.1.bn.weight") != data("cls_convs." + std::string(level) + ".1.bn.weight"));
  }
  REQUIRE(data("cls_convs.0.0.conv.weight") != data("cls_convs.0.1.conv.weight"));
  REQUIRE(data("cls_convs.0.0.conv.weight") != data("reg_convs.0.0.conv.weight"));
  // Two towers of two convolutions stand under three names each: 8 names are second ones.
  REQUIRE(distinct_parameters(*net).size() + 8 == net->parameters().size());
}

TEST_CASE("a checkpoint with mmdetection's preprocessing loads strictly, from a file with every name") {
  TemporaryFolder folder;
  auto net = seeded_net();
  auto state = state_of(*net);
  state.tensors.emplace_back("data_preprocessor.mean", at::zeros({3, 1, 1}));
  state.tensors.emplace_back("data_preprocessor.std", at::ones({3, 1, 1}));
  write_weights(folder.path() / "a.safetensors", state);
  at::manual_seed(2);
  auto other = make_detector_net("rtmdet-tiny", 3);
  auto report = load_into(*other, read_weights(folder.path() / "a.safetensors"));
  REQUIRE(report.skipped.empty());
  REQUIRE(report.loaded.size() == state.tensors.size() - 2);
  auto images = at::rand({1, 3, 64, 64});
  net->eval();
  other->eval();
  at::NoGradGuard no_grad;
  REQUIRE(at::equal(net->forward_raw(images), other->forward_raw(images)));
}

TEST_CASE("RTMDet's boxes lie around the corner of their cell") {
  auto net = seeded_net("rtmdet-tiny", 2);
  auto raw = at::zeros({1, 21, 6});  // 32x32: 16 + 4 + 1 cells
  raw[0][6].copy_(at::tensor({0.1F, 0.8F, 4.0F, 8.0F, 12.0F, 2.0F}));
  auto decoded = net->decode(raw, 32, 32);
  // Cell 6 is column 2, row 1 of stride 8: the point (16,8).
  REQUIRE(at::allclose(decoded.boxes[0][6], at::tensor({12.0F, 0.0F, 28.0F, 10.0F})));
  REQUIRE(at::allclose(decoded.scores[0][6], at::tensor({0.1F, 0.8F})));
  REQUIRE_THROWS_WITH(net->decode(at::zeros({1, 20, 6}), 32, 32),
                      "raw output of shape [1,20,6], expected [B,21,6]");
}

TEST_CASE("a fresh RTMDet starts with boxes of four strides and scores of 0.01") {
  auto net = seeded_net();
  net->eval();
  at::NoGradGuard no_grad;
  auto decoded = net->decode(net->forward_raw(at::zeros({1, 3, 64, 64})), 64, 64);
  auto sides = decoded.boxes.slice(2, 2, 4) - decoded.boxes.slice(2, 0, 2);  // [1,84,2]
  REQUIRE(sides.slice(1, 0, 64).mean().item<double>() == Approx(32).epsilon(0.1));
  REQUIRE(sides.slice(1, 80, 84).mean().item<double>() == Approx(128).epsilon(0.1));
  REQUIRE(decoded.scores.mean().item<double>() == Approx(0.01).epsilon(0.2));
}

TEST_CASE("RTMDet's loss is finite, sums its parts, and has a gradient for every parameter") {
  auto net = seeded_net();
  // Fresh boxes are 32, 64 and 128 wide: every level has an object to learn.
  std::vector<ImageTargets> targets = {{{{{8, 8, 40, 40}, 1}, {{50, 50, 114, 114}, 2}}},
                                       {{{{2, 2, 126, 126}, 0}}}};
  auto loss = net->loss(at::randn({2, 3, 128, 128}), targets);
  REQUIRE(std::isfinite(loss.total.item<double>()));
  REQUIRE(loss.num_foreground >= 2);
  REQUIRE(loss.parts.size() == 2);
  REQUIRE(loss.total.item<double>() == Approx(value_of(loss, "box") + value_of(loss, "cls")).epsilon(1e-5));
  loss.total.backward();
  for (const auto& [name, parameter] : distinct_parameters(*net)) {
    INFO(name);
    REQUIRE(parameter.grad().defined());
    REQUIRE(at::isfinite(parameter.grad()).all().item<bool>());
    REQUIRE(parameter.grad().abs().sum().item<double>() > 0);
  }
}

TEST_CASE("closing epochs change nothing about RTMDet's loss") {
  auto net = seeded_net();
  net->eval();
  at::NoGradGuard no_grad;
  auto images = at::randn({2, 3, 64, 64});
  REQUIRE(net->loss(images, kTwoImages).parts == net->loss(images, kTwoImages, {.closing = true}).parts);
}

TEST_CASE("an image without objects only teaches RTMDet that nothing is there") {
  auto net = seeded_net();
  auto loss = net->loss(at::randn({1, 3, 64, 64}), {ImageTargets{}});
  REQUIRE(loss.num_foreground == 0);
  REQUIRE(value_of(loss, "box") == 0);
  // 84 cells of 3 classes at score .01: 252 * .01005 * .0001, over 1
  REQUIRE(value_of(loss, "cls") == Approx(2.5e-4).epsilon(0.3));
  loss.total.backward();
}

TEST_CASE("an ignore region takes its points out of RTMDet's class loss") {
  auto net = seeded_net();
  net->eval();
  at::NoGradGuard no_grad;
  auto images = at::randn({1, 3, 64, 64});
  auto cls = [&](std::vector<TargetObject> objects) {
    return value_of(net->loss(images, {ImageTargets{std::move(objects)}}), "cls");
  };
  REQUIRE(cls({{{-1, -1, 32, 64}, 0, true}}) < cls({}));
  REQUIRE(cls({{{-1, -1, 32, 64}, 0, true}}) > 0);
  REQUIRE(cls({{{-1, -1, 64, 64}, 0, true}}) == 0);
  REQUIRE(cls({{{-1, -1, 64, 64}, 0, true}, {{10, 10, 40, 50}, 1}}) > 0);
}

TEST_CASE("class weights scale RTMDet's class loss") {
  auto net = seeded_net();
  net->eval();
  at::NoGradGuard no_grad;
  auto images = at::randn({2, 3, 64, 64});
  auto plain = net->loss(images, kTwoImages);
  auto doubled = net->loss(images, kTwoImages, {.class_weights = {2, 2, 2}});
  REQUIRE(value_of(doubled, "cls") == Approx(2 * value_of(plain, "cls")));
  REQUIRE(value_of(doubled, "box") == Approx(value_of(plain, "box")));
  REQUIRE_THROWS_WITH(net->loss(images, kTwoImages, {.class_weights = {1}}), "1 class weights for 3 classes");
}

TEST_CASE("wrong calls of RTMDet's loss say what was given and what was expected") {
  auto net = seeded_net();
  REQUIRE_THROWS_WITH(net->loss(at::zeros({1, 3, 64, 64}), {}), "0 targets for a batch of 1");
  REQUIRE_THROWS_WITH(net->loss(at::zeros({1, 3, 64, 64}), {ImageTargets{{{{1, 1, 9, 9}, 3}}}}),
                      "target of class index 3 in a network of 3 classes");
}

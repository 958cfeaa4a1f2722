#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/version.h>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

const std::vector<std::string> kFamilies = {"ssdlite-mobilenetv3", "ssdlite-mobilenetv2",
                                            "faster-rcnn-mobilenetv3"};

std::shared_ptr<DetectorNet> seeded_net(const std::string& name, int num_classes = 3) {
  at::set_num_threads(1);
  at::manual_seed(1);
  return make_detector_net(name, num_classes);
}

std::vector<ImageTargets> two_images() {
  return {{{{{10, 10, 60, 70}, 1}, {{70, 30, 120, 90}, 2}}}, {}};
}

at::Tensor random_images(int count, int height = 96, int width = 128) {
  at::manual_seed(3);
  return at::rand({count, 3, height, width}) * 2 - 1;
}

double value_of(const LossParts& parts, const std::string& name) {
  for (const auto& [key, value] : parts.parts)
    if (key == name) return value;
  throw std::runtime_error("no part " + name);
}

void set_bfloat16(bool enabled) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCPU, enabled);
#else
  at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
  at::autocast::set_cpu_enabled(enabled);
#endif
  if (!enabled) at::autocast::clear_cache();
}

}  // namespace

TEST_CASE("the torchvision families have the published numbers of parameters") {
  // 91 outputs with background; torchvision's tables say 3,440,060 and, with its BatchNorms frozen,
  // 19,386,354: the difference to ours are the weights and biases of 46 BatchNorms.
  REQUIRE(parameter_count(*seeded_net("ssdlite-mobilenetv3", 90)) == 3440060);
  REQUIRE(parameter_count(*seeded_net("faster-rcnn-mobilenetv3", 90)) == 19410754);
  // MobileNetV2 without its classifier has 2,223,872.
  auto net = seeded_net("ssdlite-mobilenetv2", 90);
  std::int64_t backbone = 0;
  for (const auto& item : net->named_parameters())
    if (item.key().starts_with("backbone.features.")) backbone += item.value().numel();
  REQUIRE(backbone == 2223872);
}

TEST_CASE("the torchvision families' operations are near the published ones") {
  auto gflops = [](const std::string& name, int height, int width) {
    return static_cast<double>(flop_count(*seeded_net(name, 90), height, width)) / 1e9;
  };
  // 0.583 billion multiply-adds at 320.
  REQUIRE(gflops("ssdlite-mobilenetv3", 320, 320) == Approx(2 * 0.583).epsilon(0.03));
  // The second stage alone: 150 proposals through 12544x1024, 1024x1024 and 1024x5x91.
  double second_stage = 2 * 150 * (12544.0 * 1024 + 1024.0 * 1024 + 1024.0 * 455) / 1e9;
  REQUIRE(gflops("faster-rcnn-mobilenetv3", 320, 320) > second_stage);
  REQUIRE(gflops("faster-rcnn-mobilenetv3", 320, 320) < second_stage + 2.5);
}

TEST_CASE("rows of a torchvision family speak for all classes, or for one each") {
  at::NoGradGuard no_grad;
  for (const auto& name : kFamilies) {
    INFO(name);
    auto net = seeded_net(name, 2);
    net->eval();
    auto raw = net->forward_raw(random_images(2));
    auto decoded = net->decode(raw, 96, 128);
    if (name.starts_with("ssdlite")) {
      // 96x128: 6*8 + 3*4 + 2*2 + 1 + 1 + 1 cells of six boxes
      REQUIRE(raw.sizes() == at::IntArrayRef({2, 402, 7}));
      REQUIRE(decoded.scores.sizes() == at::IntArrayRef({2, 402, 2}));
      REQUIRE_FALSE(decoded.classes.defined());
    } else {
      REQUIRE(raw.size(2) == 4 + 5 * 3);
      REQUIRE(decoded.scores.size(1) == 2 * raw.size(1));
      REQUIRE(decoded.scores.size(2) == 1);
      REQUIRE(decoded.classes.sizes() == decoded.scores.sizes().slice(0, 2));
    }
    REQUIRE(decoded.boxes.sizes() == at::IntArrayRef({2, decoded.scores.size(1), 4}));
    REQUIRE(decoded.boxes.min().item<float>() >= 0);
    REQUIRE(decoded.boxes.max().item<float>() <= 128);
    REQUIRE(decoded.scores.max().item<float>() <= 1);
  }
}

TEST_CASE("candidates of class-wise rows carry the row's class") {
  auto net = seeded_net("faster-rcnn-mobilenetv3", 2);
  Decoded decoded;
  decoded.boxes = at::tensor({0.0F, 0.0F, 8.0F, 8.0F, 1.0F, 0.0F, 9.0F, 8.0F}).view({1, 2, 4});
  decoded.scores = at::tensor({0.2F, 0.9F}).view({1, 2, 1});
  decoded.classes = at::tensor({0, 1}, at::kLong).view({1, 2});
  auto all = net->candidates(decoded, 0.1);
  REQUIRE(all[0].size() == 2);
  REQUIRE(all[0][1].class_idx == 1);
  REQUIRE(all[0][1].box == Box{1, 0, 9, 8});
  auto best = net->postprocess(decoded, {0.5, 0.65, 100});
  REQUIRE(best[0].size() == 1);
  REQUIRE(best[0][0].class_idx == 1);
}

TEST_CASE("a torchvision family's loss is finite, sums its parts, and reaches every parameter") {
  for (const auto& name : kFamilies) {
    INFO(name);
    auto net = seeded_net(name);
    auto loss = net->loss(random_images(2), two_images(), {.seed = 4});
    REQUIRE(std::isfinite(loss.total.item<double>()));
    REQUIRE(loss.num_foreground >= 2);
    double sum = 0;
    for (const auto& [part, value] : loss.parts) sum += value;
    REQUIRE(loss.total.item<double>() == Approx(sum).epsilon(1e-5));
    loss.total.backward();
    for (const auto& item : net->named_parameters()) {
      INFO(item.key());
      REQUIRE(item.value().grad().defined());
      REQUIRE(at::isfinite(item.value().grad()).all().item<bool>());
      // A head that no object of this batch belongs to has a gradient of 0; the backbone serves all of them.
      if (item.key().starts_with(net->backbone_prefixes()[0]))
        REQUIRE(item.value().grad().abs().max().item<double>() > 0);
    }
  }
}

TEST_CASE("one image without objects teaches a torchvision family background") {
  for (const auto& name : kFamilies) {
    INFO(name);
    auto net = seeded_net(name);
    auto loss = net->loss(random_images(1), {ImageTargets{}});
    REQUIRE(loss.num_foreground == 0);
    REQUIRE(value_of(loss, "box") == 0);
    REQUIRE(value_of(loss, "cls") > 0);
    if (name.starts_with("faster")) {
      REQUIRE(value_of(loss, "rpn_box") == 0);
      REQUIRE(value_of(loss, "rpn_obj") > 0);
    }
    loss.total.backward();
    REQUIRE(std::isfinite(loss.total.item<double>()));
    // SSDlite's last maps have one cell here, and one value has no variance.
    for (const auto& [tensor_name, tensor] : state_of(*net).tensors)
      REQUIRE(at::isfinite(tensor).all().item<bool>());
  }
}

TEST_CASE("a two-stage loss is a function of its seed, not of torch's generator") {
  auto loss_with = [](std::uint64_t seed, std::uint64_t global) {
    auto net = seeded_net("faster-rcnn-mobilenetv3");
    auto images = random_images(2, 160, 160);
    at::manual_seed(global);
    auto loss = net->loss(images, two_images(), {.seed = seed});
    return loss.total.item<double>();
  };
  REQUIRE(loss_with(1, 1) == loss_with(1, 2));
  REQUIRE(loss_with(1, 1) != loss_with(2, 1));
}

TEST_CASE("in an ignore region a torchvision family learns no background") {
  for (const auto& name : kFamilies) {
    INFO(name);
    auto net = seeded_net(name);
    net->eval();
    at::NoGradGuard no_grad;
    auto loss = net->loss(random_images(1), {{{{{-600, -600, 700, 700}, 0, true}}}});
    REQUIRE(value_of(loss, "cls") == 0);
    if (name.starts_with("faster")) REQUIRE(value_of(loss, "rpn_obj") == 0);
  }
}

TEST_CASE("class weights scale a torchvision family's classification of objects") {
  for (const auto& name : kFamilies) {
    INFO(name);
    auto net = seeded_net(name);
    net->eval();
    at::NoGradGuard no_grad;
    auto plain = net->loss(random_images(2), two_images());
    auto weighted = net->loss(random_images(2), two_images(), {.class_weights = {2, 2, 2}});
    REQUIRE(value_of(weighted, "cls") > value_of(plain, "cls"));
    REQUIRE(value_of(weighted, "cls") < 2 * value_of(plain, "cls"));  // background's part stays
    REQUIRE(value_of(weighted, "box") == value_of(plain, "box"));
    REQUIRE_THROWS_WITH(net->loss(random_images(2), two_images(), {.class_weights = {1}}),
                        "1 class weights for 3 classes");
  }
}

TEST_CASE("folding a torchvision family's BatchNorms changes nothing but the time") {
  at::NoGradGuard no_grad;
  for (const auto& name : kFamilies) {
    INFO(name);
    auto net = seeded_net(name);
    for (const auto& [tensor_name, tensor] : state_of(*net).tensors) {
      if (tensor_name.ends_with("running_mean")) tensor.normal_(0, 0.1);
      if (tensor_name.ends_with("running_var")) tensor.uniform_(0.5, 1.5);
    }
    net->eval();
    auto images = random_images(1);
    auto before = net->forward_raw(images);
    net->fold_batch_norm();
    to_channels_last(*net);
    auto after = net->forward_raw(images.contiguous(at::MemoryFormat::ChannelsLast));
    REQUIRE(after.sizes() == before.sizes());
    REQUIRE((after - before).abs().max().item<double>() < 2e-3);
  }
}

TEST_CASE("a saved torchvision family loads back to the same answers") {
  TemporaryFolder folder;
  at::NoGradGuard no_grad;
  for (const auto& name : kFamilies) {
    INFO(name);
    auto net = seeded_net(name);
    write_weights(folder.path() / "a.safetensors", state_of(*net));
    at::manual_seed(8);
    auto other = make_detector_net(name, 3);
    load_into(*other, read_weights(folder.path() / "a.safetensors"));
    net->eval();
    other->eval();
    REQUIRE(at::equal(net->forward_raw(random_images(1)), other->forward_raw(random_images(1))));
  }
}

TEST_CASE("bfloat16 autocast trains a torchvision family with float32 losses") {
  for (const auto& name : kFamilies) {
    INFO(name);
    auto net = seeded_net(name);
    to_channels_last(*net);
    auto images = random_images(2).contiguous(at::MemoryFormat::ChannelsLast);
    auto exact = net->loss(images, two_images()).total.item<double>();
    set_bfloat16(true);
    auto loss = net->loss(images, two_images());
    set_bfloat16(false);
    REQUIRE(loss.total.scalar_type() == at::kFloat);
    REQUIRE(loss.total.item<double>() == Approx(exact).epsilon(0.1));
    loss.total.backward();
    for (const auto& parameter : net->parameters()) REQUIRE(parameter.grad().scalar_type() == at::kFloat);
  }
}

TEST_CASE("wrong calls of a torchvision family say what was given and what was expected") {
  auto ssdlite = seeded_net("ssdlite-mobilenetv3");
  REQUIRE_THROWS_WITH(ssdlite->forward_raw(at::zeros({1, 3, 60, 64})),
                      "images of shape [1,3,60,64], expected [B,3,H,W] with H and W multiples of 32");
  REQUIRE_THROWS_WITH(ssdlite->decode(at::zeros({1, 20, 8}), 96, 128),
                      "raw output of shape [1,20,8], expected [B,402,8]");
  auto two_stage = seeded_net("faster-rcnn-mobilenetv3");
  REQUIRE_THROWS_WITH(two_stage->decode(at::zeros({1, 20, 8}), 96, 128),
                      "raw output of shape [1,20,8], expected [B,P,24]");
  for (auto& net : {ssdlite, two_stage}) {
    REQUIRE_THROWS_WITH(net->loss(random_images(1), {}), "0 targets for a batch of 1");
    REQUIRE_THROWS_WITH(net->loss(random_images(1), {{{{{1, 1, 9, 9}, 3}}}}),
                        "target of class index 3 in a network of 3 classes");
  }
}

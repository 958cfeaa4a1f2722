#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::shared_folder;
using ds::testing::shared_is_absent;

namespace {

std::shared_ptr<DetectorNet> seeded_net(const std::string& name, int num_classes = 3) {
  at::set_num_threads(1);
  at::manual_seed(1);
  return make_detector_net(name, num_classes);
}

const at::Tensor& tensor_of(const StateDict& state, const std::string& name) {
  const auto* tensor = state.find(name);
  if (tensor == nullptr) throw std::runtime_error("no tensor " + name);
  return *tensor;
}

/// Every BatchNorm with statistics of its own.
void shake(DetectorNet& net) {
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : state_of(net).tensors) {
    if (name.ends_with("running_mean")) tensor.normal_(0, 0.1);
    if (name.ends_with("running_var")) tensor.uniform_(0.5, 1.5);
  }
}

/// A backbone's weights as a file has them whose BatchNorms were folded: convolutions with biases.
StateDict folded_backbone(DetectorNet& net, const std::string& prefix) {
  auto whole = state_of(net);
  StateDict folded;
  for (const auto& [name, tensor] : whole.tensors) {
    if (!name.starts_with(prefix) || !name.ends_with(".running_var")) continue;
    auto norm = name.substr(0, name.size() - std::string(".running_var").size());
    // The BatchNorm's own name ends in its place; the convolution stands one before it.
    auto dot = norm.rfind('.');
    auto conv = norm.substr(0, dot + 1) + std::to_string(std::stoi(norm.substr(dot + 1)) - 1);
    auto factor = tensor_of(whole, norm + ".weight") / at::sqrt(tensor + 1e-3);
    auto file_name = conv.substr(std::string("backbone.").size());
    folded.tensors.emplace_back(file_name + ".weight",
                                tensor_of(whole, conv + ".weight") * factor.view({-1, 1, 1, 1}));
    folded.tensors.emplace_back(file_name + ".bias", tensor_of(whole, norm + ".bias") -
                                                         tensor_of(whole, norm + ".running_mean") * factor);
  }
  return folded;
}

std::vector<std::string> all_batch_norms(const DetectorNet& net) {
  std::vector<std::string> names;
  const std::string end = ".running_var";
  for (const auto& [name, tensor] : state_of(net).tensors)
    if (name.ends_with(end)) names.push_back(name.substr(0, name.size() - end.size()));
  return names;
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("a backbone's folded BatchNorms unfold to the same function") {
  at::NoGradGuard no_grad;
  auto source = seeded_net("ssdlite-mobilenetv2");
  shake(*source);
  auto folded = folded_backbone(*source, "backbone.features.");
  auto net = seeded_net("ssdlite-mobilenetv2");
  auto report = load_into(*net, folded, LoadPolicy::matching);
  REQUIRE(report.skipped.empty());
  REQUIRE(report.unfolded.size() == 52);
  REQUIRE(report.unfolded.front() == "backbone.features.0.1");
  REQUIRE(report.loaded.size() == 52 * 5);  // a convolution's weight and four of its BatchNorm
  REQUIRE(report.summary().find("; 52 BatchNorms came folded into their convolutions") != std::string::npos);
  // What stands after the backbone is the same in both: seeded alike.
  auto other = state_of(*source);
  for (auto& [name, tensor] : state_of(*net).tensors)
    if (!name.starts_with("backbone.features.")) tensor.copy_(tensor_of(other, name));
  source->eval();
  net->eval();
  auto images = at::rand({2, 3, 64, 96}) * 2 - 1;
  REQUIRE(distance(net->forward_raw(images), source->forward_raw(images)) < 1e-4);
}

TEST_CASE("calibrated BatchNorms compute in training what they compute in evaluation") {
  at::NoGradGuard no_grad;
  auto net = seeded_net("ssdlite-mobilenetv2");
  shake(*net);
  auto images = at::rand({4, 3, 64, 64}) * 2 - 1;
  net->eval();
  auto before = net->forward_raw(images);
  net->train();
  REQUIRE(distance(net->forward_raw(images), before) > 1e-3);
  net = seeded_net("ssdlite-mobilenetv2");  // that pass moved the statistics
  shake(*net);
  net->eval();
  before = net->forward_raw(images);
  net->train();
  calibrate_batch_norms(*net, all_batch_norms(*net), {images});
  REQUIRE(net->is_training());
  REQUIRE(distance(net->forward_raw(images), before) < 1e-4);
  calibrate_batch_norms(*net, all_batch_norms(*net), {images.slice(0, 0, 2), images.slice(0, 2, 4)});
  net->eval();
  REQUIRE(distance(net->forward_raw(images), before) < 1e-4);
  REQUIRE_THROWS_WITH(calibrate_batch_norms(*net, {"backbone.features.0.0"}, {images}),
                      "the network has no BatchNorm 'backbone.features.0.0'");
}

TEST_CASE("statistics are the mean over all batches, weighted by their size") {
  at::NoGradGuard no_grad;
  auto images = at::rand({3, 3, 64, 64}) * 2 - 1;
  auto statistics = [&](const std::vector<at::Tensor>& batches) {
    auto net = seeded_net("ssdlite-mobilenetv2");
    calibrate_batch_norms(*net, {"backbone.features.0.1"}, batches);
    return tensor_of(state_of(*net), "backbone.features.0.1.running_var").clone();
  };
  auto parts = statistics({images.slice(0, 0, 2), images.slice(0, 2, 3)});
  REQUIRE(distance(parts, statistics({images})) < 1e-6);
  REQUIRE(distance(parts, at::ones_like(parts)) > 0.1);
}

TEST_CASE("running statistics of a mobile family are the mean of the first batches") {
  at::NoGradGuard no_grad;
  auto net = seeded_net("ssdlite-mobilenetv2");
  auto statistics = [&] { return tensor_of(state_of(*net), "backbone.features.0.1.running_mean").clone(); };
  auto alone = [&](const at::Tensor& images) {
    net = seeded_net("ssdlite-mobilenetv2");
    net->forward_raw(images);
    return statistics();
  };
  auto first = at::rand({2, 3, 64, 64});
  auto second = at::rand({2, 3, 64, 64}) - 1;
  auto mean = (alone(first) + alone(second)) / 2;  // no trace of the 0 it began with
  net = seeded_net("ssdlite-mobilenetv2");
  net->forward_raw(first);
  net->forward_raw(second);
  REQUIRE(distance(statistics(), mean) < 1e-6);
  // After 1 / .03 = 33 batches the share is fixed.
  for (int i = 0; i < 40; ++i) net->forward_raw(at::zeros({1, 3, 32, 32}));
  auto before = statistics();
  net->forward_raw(first);
  auto after = statistics();
  REQUIRE(distance(after, before * 0.97 + alone(first) * 0.03) < 1e-6);
}

TEST_CASE(
    "MobileNetV2's ImageNet weights start ssdlite's backbone, and the report says what became of them") {
  if (shared_is_absent("data/weights/mobilenet_v2")) return;
  auto file = read_weights(shared_folder() / "data/weights/mobilenet_v2/mobilenet_v2_imagenet.pth");
  auto net = seeded_net("ssdlite-mobilenetv2", 3);
  auto report = load_into(*net, file, LoadPolicy::matching);
  REQUIRE(report.loaded.size() == 312);  // 52 convolutions, and 5 tensors of each one's BatchNorm
  REQUIRE(report.skipped.size() == 2);
  REQUIRE(report.skipped[0].name == "classifier.1.weight");
  REQUIRE(report.skipped[0].why == "not in the network");
  REQUIRE(report.unfolded.size() == 52);
  auto summary = report.summary();
  INFO(summary);
  REQUIRE(summary.rfind("loaded 312 of ", 0) == 0);
  REQUIRE(
      summary.find(" tensors; 2 skipped (classifier.1.weight: not in the network; classifier.1.bias: not in "
                   "the network); ") != std::string::npos);
  REQUIRE(std::all_of(report.missing.begin(), report.missing.end(), [](const std::string& name) {
    return name.starts_with("backbone.extra.") || name.starts_with("head.");
  }));
  // The file's BatchNorms take back an eps of 1e-5; the net's is 1e-3.
  auto state = state_of(*net);
  REQUIRE(tensor_of(state, "backbone.features.5.conv.3.weight")[0].item<double>() ==
          Approx(std::sqrt(1.001)).epsilon(1e-7));
  REQUIRE(at::equal(tensor_of(state, "backbone.features.5.conv.3.bias"),
                    tensor_of(file, "features.5.conv.3.bias")));
  // Strictly, a file of a backbone is not a detector's.
  REQUIRE_THROWS_AS(load_into(*net, file), std::exception);
}

TEST_CASE("a classifier's MobileNetV3 layers find their places in both detectors") {
  auto detector = seeded_net("faster-rcnn-mobilenetv3");
  StateDict classifier;
  for (const auto& [name, tensor] : state_of(*detector).tensors)
    if (name.starts_with("backbone.body."))
      classifier.tensors.emplace_back("features." + name.substr(14), tensor.clone());
  classifier.tensors.emplace_back("classifier.0.weight", at::zeros({1280, 960}));
  at::manual_seed(7);
  auto other = make_detector_net("faster-rcnn-mobilenetv3", 3);
  auto report = load_into(*other, classifier, LoadPolicy::matching);
  REQUIRE(report.loaded.size() == classifier.tensors.size() - 1);
  REQUIRE(report.skipped.size() == 1);
  REQUIRE(report.unfolded.empty());
  REQUIRE(at::equal(tensor_of(state_of(*other), "backbone.body.13.block.1.0.weight"),
                    tensor_of(classifier, "features.13.block.1.0.weight")));

  // SSDlite's tail has half the channels: the last three blocks and layer 16 stay fresh, and are named.
  auto ssdlite = seeded_net("ssdlite-mobilenetv3");
  report = load_into(*ssdlite, classifier, LoadPolicy::matching);
  auto state = state_of(*ssdlite);
  REQUIRE(at::equal(tensor_of(state, "backbone.features.0.12.block.1.0.weight"),
                    tensor_of(classifier, "features.12.block.1.0.weight")));
  REQUIRE(at::equal(tensor_of(state, "backbone.features.0.13.0.weight"),
                    tensor_of(classifier, "features.13.block.0.0.weight")));
  REQUIRE(at::equal(tensor_of(state, "backbone.features.1.0.2.fc1.weight"),
                    tensor_of(classifier, "features.13.block.2.fc1.weight")));
  auto skipped = [&](const std::string& name) {
    for (const auto& item : report.skipped)
      if (item.name == name) return item.why;
    return std::string("was loaded");
  };
  REQUIRE(skipped("features.13.block.3.0.weight") ==
          "shape [160,672,1,1] in the file, [80,672,1,1] in the network");
  REQUIRE(skipped("features.16.0.weight") == "shape [960,160,1,1] in the file, [480,80,1,1] in the network");
  REQUIRE(skipped("classifier.0.weight") == "not in the network");
}

TEST_CASE("the names of torchvision's first releases load strictly") {
  auto source = seeded_net("faster-rcnn-mobilenetv3");
  StateDict old;
  for (auto [name, tensor] : state_of(*source).tensors) {
    if (name.ends_with("num_batches_tracked")) continue;  // their BatchNorms were frozen
    auto drop = [&](const std::string& part) {
      if (auto at = name.find(part); at != std::string::npos) name.erase(at, part.size() - 1);
    };
    if (name.starts_with("rpn.head.conv.")) drop(".0.0.");
    if (name.starts_with("backbone.fpn.")) name.erase(name.rfind(".0."), 2);
    old.tensors.emplace_back(name, tensor.clone());
  }
  REQUIRE(old.find("rpn.head.conv.weight") != nullptr);
  REQUIRE(old.find("backbone.fpn.inner_blocks.1.weight") != nullptr);
  at::manual_seed(9);
  auto net = make_detector_net("faster-rcnn-mobilenetv3", 3);
  load_into(*net, old, LoadPolicy::strict);
  REQUIRE(at::equal(tensor_of(state_of(*net), "rpn.head.conv.0.0.weight"),
                    tensor_of(old, "rpn.head.conv.weight")));
}

TEST_CASE(
    "the 91 outputs of a published checkpoint: strict for 90 classes, all but the predictors for others") {
  auto published = seeded_net("ssdlite-mobilenetv3", 90);
  auto state = state_of(*published);
  auto same = make_detector_net("ssdlite-mobilenetv3", 90);
  REQUIRE(load_into(*same, state).skipped.empty());
  auto coco = make_detector_net("ssdlite-mobilenetv3", 80);
  auto report = load_into(*coco, state, LoadPolicy::matching);
  REQUIRE(report.skipped.size() == 12);  // weight and bias of six levels
  REQUIRE(report.skipped[0].name == "head.classification_head.module_list.0.1.weight");
  REQUIRE(report.skipped[0].why == "shape [546,672,1,1] in the file, [486,672,1,1] in the network");
  REQUIRE(report.missing.empty());
  REQUIRE(report.unfolded.empty());  // fresh BatchNorms are no folded ones

  auto two_stage = state_of(*seeded_net("faster-rcnn-mobilenetv3", 90));
  auto small = make_detector_net("faster-rcnn-mobilenetv3", 2);
  report = load_into(*small, two_stage, LoadPolicy::matching);
  REQUIRE(report.skipped.size() == 4);
  REQUIRE(report.skipped[0].name == "roi_heads.box_predictor.cls_score.weight");
}

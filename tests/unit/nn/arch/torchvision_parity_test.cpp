#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <iostream>
#include <optional>

#include "blocks/torchvision.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::detail::roi_align;

namespace {

struct Reference {
  StateDict weights;
  StateDict answers;
  const at::Tensor& operator[](const std::string& name) const {
    const auto* tensor = answers.find(name);
    if (tensor == nullptr) throw std::runtime_error("no answer '" + name + "'");
    return *tensor;
  }
};

/// What torchvision gives, or nothing (and the test counts as skipped) where it is not installed.
std::optional<Reference> reference(const std::string& kind) {
  TemporaryFolder folder;
  auto script = ds::testing::source_folder() / "tests/unit/nn/arch/torchvision_reference.py";
  SpawnOptions options;
  options.stderr_file = folder.path() / "stderr.txt";
  int code = run_and_wait({"/usr/bin/python3", script.string(), kind, folder.path().string()}, options);
  if (code == 3 || code == 127) {
    std::cout << "SKIPPED: /usr/bin/python3 cannot import torchvision (package python3-torchvision)\n";
    return std::nullopt;
  }
  INFO(read_file(options.stderr_file));
  REQUIRE(code == 0);
  return Reference{read_weights(folder.path() / "weights.pth"), read_weights(folder.path() / "answers.pth")};
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a - b).abs().max().item<double>();
}

/// A net with the reference's weights, every name and shape alike.
std::shared_ptr<DetectorNet> loaded_net(const std::string& architecture, const Reference& wanted) {
  at::set_num_threads(1);
  auto net = make_detector_net(architecture, 90);
  auto report = load_into(*net, wanted.weights, LoadPolicy::strict);
  REQUIRE(report.loaded.size() == wanted.weights.tensors.size());
  REQUIRE(report.missing.empty());
  net->eval();
  return net;
}

/// The objects of torchvision_reference.py; its classes count from 1.
std::vector<ImageTargets> reference_targets() {
  return {{{{{10, 20, 90, 100}, 0}, {{60, 8, 150, 60}, 89}, {{100, 70, 128, 110}, 16}}},
          {{{{0, 0, 160, 128}, 4}}}};
}

}  // namespace

TEST_CASE("ssdlite-mobilenetv3 loads torchvision's weights and computes what it computes") {
  auto wanted = reference("ssdlite");
  if (!wanted) return;
  auto net = loaded_net("ssdlite-mobilenetv3", *wanted);
  const auto& images = (*wanted)["images"];
  {
    at::NoGradGuard no_grad;
    auto raw = net->forward_raw(images);
    REQUIRE(distance(raw.slice(2, 0, 4), (*wanted)["offsets"]) < 1e-3);
    REQUIRE(distance(raw.slice(2, 4), (*wanted)["scores"]) < 1e-3);
    auto decoded = net->decode(raw, 128, 160);
    REQUIRE(distance(decoded.boxes, (*wanted)["boxes"]) < 1e-3);
    REQUIRE(distance(decoded.scores, (*wanted)["scores"].slice(2, 1)) < 1e-3);
  }
  net->train();
  auto loss = net->loss(images, reference_targets());
  REQUIRE(loss.parts[0].first == "box");
  REQUIRE(loss.parts[0].second == Approx((*wanted)["loss_box"].item<double>()).epsilon(1e-3));
  REQUIRE(loss.parts[1].first == "cls");
  REQUIRE(loss.parts[1].second == Approx((*wanted)["loss_cls"].item<double>()).epsilon(1e-3));
}

TEST_CASE("faster-rcnn-mobilenetv3 loads torchvision's weights and computes what it computes") {
  auto wanted = reference("faster-rcnn");
  if (!wanted) return;
  auto net = loaded_net("faster-rcnn-mobilenetv3", *wanted);
  at::NoGradGuard no_grad;
  auto raw = net->forward_raw((*wanted)["images"]);
  auto decoded = net->decode(raw, 160, 224);
  std::int64_t first = 0;
  for (std::int64_t image = 0; image < 2; ++image) {
    const auto count = (*wanted)["counts"][image].item<std::int64_t>();
    REQUIRE(count > 20);
    auto rows = raw[image].narrow(0, 0, count);
    REQUIRE(distance(rows.slice(1, 0, 4), (*wanted)["proposals"].narrow(0, first, count)) < 1e-3);
    REQUIRE(distance(rows.slice(1, 4, 95), (*wanted)["scores"].narrow(0, first, count)) < 1e-3);
    auto boxes = decoded.boxes[image].narrow(0, 0, count * 90).view({count, 90, 4});
    REQUIRE(distance(boxes, (*wanted)["boxes"].narrow(0, first, count).slice(1, 1)) < 1e-3);
    auto scores = decoded.scores[image].narrow(0, 0, count * 90).view({count, 90});
    REQUIRE(distance(scores, (*wanted)["scores"].narrow(0, first, count).slice(1, 1)) < 1e-3);
    REQUIRE(at::equal(decoded.classes[image].slice(0, 0, 90), at::arange(90)));
    // Past the image's own proposals: nothing.
    if (count < raw.size(1)) REQUIRE(raw[image].slice(0, count).abs().max().item<double>() == 0);
    first += count;
  }
}

TEST_CASE("RoIAlign equals torchvision's, and so does its gradient") {
  auto wanted = reference("roi-align");
  if (!wanted) return;
  auto features = (*wanted)["features"].clone().requires_grad_(true);
  auto rois = roi_align(features, (*wanted)["boxes"], 1.0 / 32);
  REQUIRE(distance(rois, (*wanted)["rois"]) < 1e-4);
  (rois * (*wanted)["factors"]).sum().backward();
  REQUIRE(distance(features.grad(), (*wanted)["gradient"]) < 1e-4);
}

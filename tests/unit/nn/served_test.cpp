// What the engine that serves models makes of the families whose rows differ from a grid's.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <opencv2/core.hpp>

#include "ds/arch/architecture.h"
#include "ds/base/files.h"
#include "ds/detect/detector.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

constexpr int kSide = 128;

/// A bundle as training registers it.
void write_bundle(const std::filesystem::path& folder, const std::string& architecture,
                  const DetectorNet& net) {
  ModelCard card;
  card.name = architecture;
  card.architecture = architecture;
  card.classes = {"a", "b", "c"};
  card.input_width = kSide;
  card.input_height = kSide;
  card.preprocessing = architectures().at(architecture).value.preprocessing;
  write_model_card(folder, card);
  write_weights(folder / card.weights, state_of(net));
}

/// The picture as the network wants it.
at::Tensor input_of(const cv::Mat& picture, const Preprocessing& spec) {
  auto pixels =
      at::from_blob(picture.data, {1, kSide, kSide, 3}, at::kByte).permute({0, 3, 1, 2}).to(at::kFloat);
  if (spec.channel_order == ChannelOrder::rgb) pixels = pixels.flip(1);
  auto channels = [](const std::array<double, 3>& values) {
    return at::tensor({values[0], values[1], values[2]}).view({1, 3, 1, 1}).to(at::kFloat);
  };
  return (pixels - channels(spec.mean)) * channels(spec.scale);
}

}  // namespace

TEST_CASE("a weights file without a card gets the preprocessing of the architecture it names") {
  TemporaryFolder folder;
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    StateDict state;
    state.tensors.emplace_back("x", at::zeros({1}));
    state.metadata = {{"architecture", entry.name}};
    write_weights(folder.path() / "w.safetensors", state);
    auto card = resolve_model(folder.path() / "w.safetensors", {.classes = {"a"}}).card;
    REQUIRE(card.preprocessing == entry.value.preprocessing);
    REQUIRE(card.input_width == entry.value.default_width);
    REQUIRE(card.input_height == entry.value.default_height);
  }
}

TEST_CASE("torchvision's files are recognised by their first convolution") {
  TemporaryFolder folder;
  for (const std::string name : {"ssdlite-mobilenetv3", "ssdlite-mobilenetv2", "faster-rcnn-mobilenetv3"}) {
    at::manual_seed(1);
    write_weights(folder.path() / "w.safetensors", state_of(*make_detector_net(name, 1)));
    REQUIRE(resolve_model(folder.path() / "w.safetensors", {.classes = {"a"}}).card.architecture == name);
  }
}

TEST_CASE("the torch engine serves every family's bundle with the network's own answers") {
  cv::Mat picture(kSide, kSide, CV_8UC3);
  cv::theRNG().state = 11;
  cv::randu(picture, 0, 255);
  for (const std::string name :
       {"yolox-nano", "ssdlite-mobilenetv3", "ssdlite-mobilenetv2", "faster-rcnn-mobilenetv3"}) {
    INFO(name);
    TemporaryFolder folder;
    at::set_num_threads(1);
    at::manual_seed(2);
    auto net = make_detector_net(name, 3);
    {
      // Scores that differ from each other, so that their order is the same folded and unfolded.
      at::NoGradGuard no_grad;
      for (auto& [tensor_name, tensor] : state_of(*net).tensors)
        if (tensor.dim() > 1 && tensor.size(0) <= 64) tensor.mul_(2);
    }
    write_bundle(folder.path(), name, *net);
    net->eval();
    DetectorOptions options;
    options.threads = 1;
    options.score_threshold = 0.005;
    options.nms_iou = 0.65;
    auto detector = load_detector(folder.path(), options);
    auto served = detector.detect(picture);
    at::NoGradGuard no_grad;
    auto own =
        net->detect(input_of(picture, architectures().at(name).value.preprocessing), {0.005, 0.65, 100})[0];
    REQUIRE(served.size() > 3);
    // The detector clips boxes to the picture and drops what is outside; then the order by score is the same.
    std::size_t found = 0;
    for (const auto& box : own) {
      auto inside = clipped(box.box, kSide, kSide);
      if (!is_proper(inside)) continue;
      if (found == 3) break;
      REQUIRE(served[found].class_idx == box.class_idx);
      REQUIRE(served[found].score == Approx(box.score).margin(1e-3));
      REQUIRE(served[found].box.x0 == Approx(inside.x0).margin(0.05));
      REQUIRE(served[found].box.y1 == Approx(inside.y1).margin(0.05));
      ++found;
    }
    REQUIRE(found == 3);
  }
}

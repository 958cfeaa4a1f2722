#include "ds/nn/state_dict.h"

#include <ATen/ATen.h>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::shared_folder;
using ds::testing::shared_is_absent;

TEST_CASE("what is saved loads back, name by name and bit by bit") {
  TemporaryFolder folder;
  at::manual_seed(3);
  auto net = make_detector_net("yolox-nano", 4);
  auto state = state_of(*net);
  state.metadata = {{"architecture", "yolox-nano"}};
  write_weights(folder.path() / "a.safetensors", state);
  auto stored = read_weights(folder.path() / "a.safetensors");
  REQUIRE(stored.metadata_value("architecture") == "yolox-nano");
  REQUIRE(stored.tensors.size() == state.tensors.size());
  auto other = make_detector_net("yolox-nano", 4);
  auto report = load_into(*other, stored);
  REQUIRE(report.loaded.size() == state.tensors.size());
  auto loaded = state_of(*other);
  for (std::size_t i = 0; i < state.tensors.size(); ++i) {
    REQUIRE(loaded.tensors[i].first == state.tensors[i].first);
    REQUIRE(at::equal(loaded.tensors[i].second, state.tensors[i].second));
  }
}

TEST_CASE("every type safetensors has survives, and a channels-last tensor is stored row-major") {
  TemporaryFolder folder;
  StateDict state;
  for (auto type :
       {at::kFloat, at::kHalf, at::kBFloat16, at::kDouble, at::kLong, at::kInt, at::kByte, at::kBool})
    state.tensors.emplace_back(c10::toString(type), at::arange(6).view({2, 3}).to(type));
  state.tensors.emplace_back("image", at::rand({1, 3, 4, 5}).contiguous(at::MemoryFormat::ChannelsLast));
  state.tensors.emplace_back("scalar", at::scalar_tensor(7, at::kLong));
  state.tensors.emplace_back("empty", at::empty({0, 4}));
  write_weights(folder.path() / "a.safetensors", state);
  auto stored = read_weights(folder.path() / "a.safetensors");
  for (std::size_t i = 0; i < state.tensors.size(); ++i) {
    REQUIRE(stored.tensors[i].second.scalar_type() == state.tensors[i].second.scalar_type());
    REQUIRE(at::equal(stored.tensors[i].second, state.tensors[i].second));
  }
}

TEST_CASE("another class count keeps everything but the class layers") {
  auto source = make_detector_net("yolox-nano", 80);
  auto net = make_detector_net("yolox-nano", 3);
  auto report = load_into(*net, state_of(*source), LoadPolicy::matching);
  REQUIRE(report.missing.empty());
  REQUIRE(report.skipped.size() == 6);  // weight and bias of three levels
  REQUIRE(report.skipped[0].name == "head.cls_preds.0.weight");
  REQUIRE(report.skipped[0].why == "shape [80,64,1,1] in the file, [3,64,1,1] in the network");
  auto total = state_of(*net).tensors.size();
  REQUIRE(report.loaded.size() == total - 6);
  REQUIRE(report.summary().rfind("loaded " + std::to_string(total - 6) + " of " + std::to_string(total) +
                                     " tensors; 6 skipped (head.cls_preds.0.weight: shape [80,64,1,1]",
                                 0) == 0);
}

TEST_CASE("strict loading names the first differences") {
  auto source = make_detector_net("yolox-nano", 80);
  auto net = make_detector_net("yolox-nano", 80);
  auto state = state_of(*source);
  state.tensors.pop_back();  // a num_batches_tracked: may be missing
  REQUIRE(state_of(*source).tensors.back().first.ends_with("num_batches_tracked"));
  REQUIRE_NOTHROW(load_into(*net, state));
  state.tensors.erase(state.tensors.begin());
  state.tensors.emplace_back("extra", at::zeros({1}));
  REQUIRE_THROWS_WITH(load_into(*net, state),
                      "the weights do not fit the network: extra: not in the network; "
                      "backbone.backbone.stem.conv.conv.weight: not in the file");
}

TEST_CASE("weights of something else are refused under either policy") {
  auto net = make_detector_net("yolox-nano", 1);
  StateDict state;
  state.tensors.emplace_back("fc.weight", at::zeros({2, 2}));
  REQUIRE_THROWS_WITH(load_into(*net, state, LoadPolicy::matching), "none of the 1 tensors fits the network");
}

TEST_CASE("the .pth and the .safetensors of the same weights hold the same values") {
  if (shared_is_absent("data/weights/yolox_nano")) return;
  auto folder = shared_folder() / "data/weights/yolox_nano";
  auto pth = read_weights(folder / "yolox_nano_coco.pth");
  auto safetensors = read_weights(folder / "yolox_nano_coco.safetensors");
  REQUIRE(pth.tensors.size() == safetensors.tensors.size());
  for (const auto& [name, tensor] : pth.tensors) {
    REQUIRE(safetensors.find(name) != nullptr);
    REQUIRE(at::equal(*safetensors.find(name), tensor));
  }
}

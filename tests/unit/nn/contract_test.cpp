// What every registered architecture promises, whatever its family.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/optim/adam.h>

#include <algorithm>
#include <cmath>

#include "ds/arch/architecture.h"
#include "ds/base/error.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

constexpr int kClasses = 2;

std::shared_ptr<DetectorNet> seeded_net(const Registry<Architecture>::Entry& entry, std::uint64_t seed = 1) {
  at::set_num_threads(1);
  at::manual_seed(seed);
  return make_detector_net(entry.name, kClasses);
}

/// Grey pictures with a bright rectangle where the object is, as the architecture wants its values.
at::Tensor pictures(const Registry<Architecture>::Entry& entry, const std::vector<ImageTargets>& targets,
                    int side = 64) {
  auto images = at::full({static_cast<std::int64_t>(targets.size()), 3, side, side}, 90.0F);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (const auto& object : targets[i].objects)
      images.select(0, static_cast<std::int64_t>(i))
          .slice(1, static_cast<int>(object.box.y0), static_cast<int>(object.box.y1))
          .slice(2, static_cast<int>(object.box.x0), static_cast<int>(object.box.x1))
          .select(0, object.class_idx)
          .fill_(250);
  }
  const auto& input = entry.value.preprocessing;
  auto channels = [](const std::array<double, 3>& values) {
    return at::tensor({values[0], values[1], values[2]}).view({1, 3, 1, 1}).to(at::kFloat);
  };
  return (images - channels(input.mean)) * channels(input.scale);
}

const std::vector<ImageTargets> kTwoImages = {{{{{8, 8, 40, 40}, 0}}}, {{{{20, 24, 60, 56}, 1}}}};

void check_finite_gradients(DetectorNet& net) {
  for (const auto& [name, parameter] : distinct_parameters(net)) {
    INFO(name);
    if (parameter.grad().defined()) REQUIRE(at::isfinite(parameter.grad()).all().item<bool>());
  }
}

}  // namespace

TEST_CASE("every architecture has a network, and every network a description") {
  auto described = architectures().names();
  std::sort(described.begin(), described.end());
  std::vector<std::string> built;
  for (const auto& [name, make] : networks()) built.push_back(name);
  REQUIRE(built == described);
}

TEST_CASE("every architecture's stem is a convolution of its network") {
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    auto state = state_of(*seeded_net(entry));
    const auto* stem = state.find(entry.value.stem.weight);
    REQUIRE(stem != nullptr);
    REQUIRE(stem->size(0) == entry.value.stem.channels);
  }
}

TEST_CASE("every architecture decodes to boxes and scores at more than one size") {
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    REQUIRE(entry.value.default_width % entry.value.multiple == 0);
    auto net = seeded_net(entry);
    REQUIRE(net->num_classes() == kClasses);
    REQUIRE(net->input_multiple() == entry.value.multiple);
    net->eval();
    at::NoGradGuard no_grad;
    for (auto [height, width] : {std::pair{64, 96}, std::pair{128, 64}}) {
      auto decoded = net->decode(net->forward_raw(at::rand({2, 3, height, width})), height, width);
      REQUIRE(decoded.boxes.dim() == 3);
      REQUIRE(decoded.boxes.size(0) == 2);
      REQUIRE(decoded.boxes.size(2) == 4);
      REQUIRE(decoded.scores.size(1) == decoded.boxes.size(1));
      REQUIRE(at::isfinite(decoded.boxes).all().item<bool>());
      REQUIRE(decoded.scores.min().item<float>() >= 0);
      REQUIRE(decoded.scores.max().item<float>() <= 1);
      for (const auto& found : net->postprocess(decoded, {}))
        for (const auto& box : found) REQUIRE((box.class_idx >= 0 && box.class_idx < kClasses));
    }
  }
}

TEST_CASE("every architecture's tensors load strictly back and mean the same") {
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    auto net = seeded_net(entry);
    auto other = seeded_net(entry, 2);
    auto report = load_into(*other, state_of(*net));
    REQUIRE(report.missing.empty());
    REQUIRE(report.skipped.empty());
    for (const auto& prefix : net->backbone_prefixes())
      REQUIRE(std::any_of(report.loaded.begin(), report.loaded.end(),
                          [&](const std::string& name) { return name.starts_with(prefix); }));
    net->eval();
    other->eval();
    at::NoGradGuard no_grad;
    auto images = pictures(entry, kTwoImages);
    REQUIRE(at::equal(net->forward_raw(images), other->forward_raw(images)));
  }
}

TEST_CASE("every architecture's class layers follow the names of the classes") {
  at::NoGradGuard no_grad;
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    auto source = seeded_net(entry);
    // Classes that differ: fresh ones are all alike.
    for (const auto& layer : source->class_layers()) {
      auto state = state_of(*source);
      const auto* bias = state.find(layer.name + ".bias");
      REQUIRE(bias != nullptr);
      REQUIRE(bias->size(0) == layer.groups * (layer.before + kClasses) * layer.rows_each);
      at::Tensor(*bias).normal_();
    }
    auto net = seeded_net(entry, 2);
    auto report =
        load_into(*net, state_of(*source), LoadPolicy::matching, {{"red", "blue"}, {"blue", "red"}});
    REQUIRE(report.skipped.empty());
    REQUIRE(report.missing.empty());
    REQUIRE(report.classes.summary() == "class layer by name: blue, red (in the weights: red, blue)");
    source->eval();
    net->eval();
    auto images = pictures(entry, kTwoImages);
    auto found_by = [&](DetectorNet& one) {
      return one.candidates(one.decode(one.forward_raw(images), 64, 64), -1).front();
    };
    auto expected = found_by(*source);
    auto found = found_by(*net);
    REQUIRE(found.size() == expected.size());
    double moved = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto& same = expected[i ^ 1U];  // the two classes of an anchor stand side by side
      REQUIRE(found[i].class_idx == 1 - same.class_idx);
      REQUIRE(found[i].score == Approx(same.score).margin(1e-5));
      REQUIRE(found[i].box.x0 == Approx(same.box.x0).margin(1e-2));
      moved = std::max(moved, std::abs(found[i].score - expected[i].score));
    }
    REQUIRE(moved > 1e-3);  // by position would be another model
  }
}

TEST_CASE("every architecture learns from a batch of one and from an image without objects") {
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    auto net = seeded_net(entry);
    for (const auto& targets : {std::vector<ImageTargets>{kTwoImages[0]}, std::vector<ImageTargets>(1)}) {
      auto loss = net->loss(pictures(entry, targets), targets);
      REQUIRE(std::isfinite(loss.total.item<double>()));
      double sum = 0;
      for (const auto& [name, value] : loss.parts) sum += value;
      REQUIRE(loss.total.item<double>() == Approx(sum).epsilon(1e-4));
      loss.total.backward();
      check_finite_gradients(*net);
    }
  }
}

TEST_CASE("a few steps lower every architecture's loss, twice alike") {
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    auto images = pictures(entry, kTwoImages);
    auto run = [&](int steps) {
      auto net = seeded_net(entry);
      std::vector<at::Tensor> parameters;
      for (const auto& [name, parameter] : distinct_parameters(*net)) parameters.push_back(parameter);
      torch::optim::Adam optimizer(parameters, torch::optim::AdamOptions(1e-3));
      std::vector<double> losses;
      for (int step = 0; step < steps; ++step) {
        auto loss = net->loss(images, kTwoImages);
        losses.push_back(loss.total.item<double>());
        optimizer.zero_grad();
        loss.total.backward();
        optimizer.step();
      }
      return losses;
    };
    auto losses = run(20);
    INFO("first " << losses.front() << ", last " << losses.back());
    REQUIRE(losses.back() < 0.95 * losses.front());
    REQUIRE(run(2) == std::vector<double>(losses.begin(), losses.begin() + 2));
  }
}

TEST_CASE("folding BatchNorm changes no architecture's output") {
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    auto net = seeded_net(entry);
    // Noise, and some room: channels with next to no variance have large factors, which magnify the last bit.
    auto images =
        pictures(entry, kTwoImages) + at::randn({2, 3, 64, 64}) * entry.value.preprocessing.scale[0] * 60;
    at::NoGradGuard no_grad;
    net->forward_raw(images);  // statistics other than 0 and 1
    net->eval();
    auto before = net->decode(net->forward_raw(images), 64, 64);
    net->fold_batch_norm();
    auto after = net->decode(net->forward_raw(images), 64, 64);
    INFO("scores differ by " << (after.scores - before.scores).abs().max().item<double>());
    REQUIRE(at::allclose(after.scores, before.scores, 1e-3, 5e-4));
    REQUIRE(at::allclose(after.boxes, before.boxes, 1e-3, 1e-2));
  }
}

// Eight pictures, nothing random: every family must be able to learn them by heart.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>

#include "ds/arch/architecture.h"
#include "ds/base/files.h"
#include "ds/media/synthetic_scene.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/train/batch_loader.h"
#include "ds/train/ranks.h"
#include "ds/train/schedule.h"
#include "loop/optimizer.h"
#include "loop/replicas.h"
#include "loop/validation.h"

#include <catch2/catch.hpp>

namespace {

struct Trial {
  const char* architecture;
  int side;   // of the pictures and the input
  int steps;  // of all eight pictures
  double rate;
};

// Found by trying, on Intel (Sapphire Rapids) and AMD (Zen 5): each passes with room to spare in minutes of one core.
constexpr Trial kTrials[] = {
    {"yolox-nano", 96, 300, 4e-3},          {"yolox-tiny", 96, 200, 3e-3},
    {"rtmdet-tiny", 96, 100, 2e-3},         {"ssdlite-mobilenetv3", 96, 240, 2e-3},
    {"ssdlite-mobilenetv2", 96, 240, 2e-3}, {"faster-rcnn-mobilenetv3", 128, 120, 5e-4}};

// The same code as a smaller one, only wider and deeper.
struct Larger {
  const char* architecture;
  const char* stands_in;
};
constexpr Larger kLarger[] = {{"yolox-s", "yolox-tiny"},
                              {"yolox-m", "yolox-tiny"},
                              {"yolox-l", "yolox-tiny"},
                              {"yolox-x", "yolox-tiny"},
                              {"rtmdet-s", "rtmdet-tiny"}};

struct Pictures {
  ds::Dataset truth;
  std::vector<ds::TrainImage> images;
};

Pictures eight_pictures(const std::filesystem::path& folder, int side) {
  ds::SceneOptions scene;
  scene.images = 8;
  scene.width = side;
  scene.height = side;
  scene.min_size = 0.2;
  scene.max_size = 0.5;
  scene.max_objects = 3;
  scene.negative_share = 0;
  Pictures pictures{ds::write_scene_images(scene, folder), {}};
  for (const auto& image : pictures.truth.images) {
    ds::TrainImage item{image.id, image.name, folder / image.name, image.width, image.height, {}};
    for (const auto& annotation : image.annotations)
      item.objects.push_back({annotation.box(), annotation.class_idx});
    pictures.images.push_back(std::move(item));
  }
  return pictures;
}

/// All pictures as one batch [N,3,side,side], and what is to be learnt from it.
std::pair<at::Tensor, std::vector<ds::ImageTargets>> batch_of(const Pictures& pictures,
                                                              const ds::Preprocessing& spec, int side) {
  const auto count = pictures.images.size();
  auto values = at::empty({static_cast<std::int64_t>(count), side, side, 3});
  std::vector<ds::ImageTargets> targets(count);
  ds::PictureCache cache(pictures.images, {side, side}, {});
  for (std::size_t i = 0; i < count; ++i) {
    auto sample = ds::plain_sample(*cache.get(i), side, side, spec.pad_value);
    ds::write_values(sample, spec, values.data_ptr<float>() + i * static_cast<std::size_t>(side * side * 3));
    for (const auto& object : sample.objects)
      targets[i].objects.push_back({object.box, object.class_idx, object.ignore});
  }
  return {values.permute({0, 3, 1, 2}), targets};
}

void learn(ds::DetectorNet& net, const at::Tensor& images, const std::vector<ds::ImageTargets>& targets,
           const Trial& trial) {
  ds::detail::FlatParameters parameters(net);
  auto optimizer = ds::detail::make_optimizer({"adamw", 0.9, 0.999, 1e-8, 0}, parameters);
  ds::ScheduleOptions schedule;
  schedule.total_steps = trial.steps;
  schedule.warmup_steps = trial.steps / 20;
  schedule.final_factor = 0.01;
  for (int step = 0; step < trial.steps; ++step) {
    parameters.gradients.zero_();
    auto loss = net.loss(images, targets, {.seed = static_cast<std::uint64_t>(step)});
    loss.total.backward();
    parameters.clip_gradients(35);
    optimizer->step(trial.rate * ds::learning_rate_factor(schedule, step));
  }
}

void require_overfits(const std::string& architecture) {
  const auto* trial = std::find_if(std::begin(kTrials), std::end(kTrials),
                                   [&](const Trial& t) { return architecture == t.architecture; });
  ds::TemporaryFolder folder;
  auto pictures = eight_pictures(folder.path(), trial->side);
  at::set_num_threads(1);
  at::manual_seed(1);
  auto net = ds::make_detector_net(architecture, static_cast<int>(pictures.truth.classes.size()));
  const auto& spec = ds::architectures().at(architecture).value.preprocessing;
  auto [images, targets] = batch_of(pictures, spec, trial->side);
  learn(*net, images, targets, *trial);
  net->eval();
  ds::detail::WorkerTeam team(1, 1);
  ds::detail::ValidationSet validation(pictures.images, pictures.truth, spec, {trial->side, trial->side});
  ds::Ranks alone;
  auto result = validation.evaluate(*net, team, alone);
  INFO("AP50 " << result.ap50());
  REQUIRE(result.ap() > 0.9);
}

}  // namespace

TEST_CASE("yolox-nano learns eight pictures by heart") {
  require_overfits("yolox-nano");
}

TEST_CASE("yolox-tiny learns eight pictures by heart") {
  require_overfits("yolox-tiny");
}

TEST_CASE("rtmdet-tiny learns eight pictures by heart") {
  require_overfits("rtmdet-tiny");
}

TEST_CASE("ssdlite-mobilenetv3 learns eight pictures by heart") {
  require_overfits("ssdlite-mobilenetv3");
}

TEST_CASE("ssdlite-mobilenetv2 learns eight pictures by heart") {
  require_overfits("ssdlite-mobilenetv2");
}

TEST_CASE("faster-rcnn-mobilenetv3 learns eight pictures by heart") {
  require_overfits("faster-rcnn-mobilenetv3");
}

TEST_CASE("every architecture learns by heart, or is a larger scale of one that does") {
  auto is_tried = [](const std::string& name) {
    return std::any_of(std::begin(kTrials), std::end(kTrials),
                       [&](const Trial& trial) { return name == trial.architecture; });
  };
  for (const auto& larger : kLarger) REQUIRE(is_tried(larger.stands_in));
  for (const auto& entry : ds::architectures().entries()) {
    INFO(entry.name << " is neither tried nor listed as larger than one that is");
    REQUIRE((is_tried(entry.name) ||
             std::any_of(std::begin(kLarger), std::end(kLarger),
                         [&](const Larger& larger) { return entry.name == larger.architecture; })));
  }
}

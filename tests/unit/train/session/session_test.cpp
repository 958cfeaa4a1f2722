#include "ds/train/session.h"

#include <signal.h>
#include <sys/resource.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <functional>
#include <stdexcept>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/stop.h"
#include "ds/detect/model_card.h"
#include "ds/media/synthetic_scene.h"
#include "ds/project/project.h"
#include "ds/runs/folder.h"
#include "ds/testing/shared_data.h"
#include "ds/train/data_check.h"
#include "ds/weights/weight_file.h"

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;

/// A project with a few labelled pictures: 8 train, 4 val, 2 test.
class SceneProject {
 public:
  SceneProject() {
    ds::SceneOptions scene;
    scene.images = 14;
    scene.width = 96;
    scene.height = 96;
    scene.classes = 2;
    scene.negative_share = 0;
    auto dataset = ds::write_scene_images(scene, temporary_.path() / "images");
    ds::Project::init(folder(), {.name = "scenes", .split_key = "key"}, ds::scene_classes(2).names());
    auto project = open();
    for (std::size_t i = 0; i < dataset.images.size(); ++i) {
      auto& image = dataset.images[i];
      image.sha256 = project.media().put_file(temporary_.path() / "images" / image.name);
      image.split = i < 8 ? ds::Split::train : i < 12 ? ds::Split::val : ds::Split::test;
      image.state = ds::ImageState::done;
    }
    project.images().add(dataset.images);
  }
  fs::path folder() const { return temporary_.path() / "project"; }
  ds::Project open() const { return ds::Project(folder(), {.user = "ann", .tool = "test"}); }

 private:
  ds::TemporaryFolder temporary_;
};

/// Two steps an epoch, three epochs.
ds::TrainJob small_job(ds::Project& project, const std::function<void(ds::TrainOptions&)>& change = {}) {
  ds::TrainJob job;
  auto& options = job.config.options;
  options.input_size = "64";
  options.epochs = 3;
  options.batch = 4;
  options.eval_every = 1;
  options.threads = 1;
  options.loader_threads = 1;
  options.device = "cpu";
  options.seed = 5;
  if (change) change(options);
  job.config.name = "scene-model";
  return ds::prepare_training(project, {job}).jobs.front();
}

/// Does something when so many steps are done.
class StepHook : public ds::Progress {
 public:
  StepHook(std::int64_t at, std::function<void()> action) : at_(at), action_(std::move(action)) {}
  void begin(const std::string&, std::int64_t) override {}
  void advance(std::int64_t steps) override {
    done_ += steps;
    if (done_ == at_) action_();
  }
  void note(const std::string&) override {}
  void end() override {}

 private:
  std::int64_t at_;
  std::int64_t done_ = 0;
  std::function<void()> action_;
};

/// What must be equal between two runs: the weights' bytes and every epoch's numbers apart from times.
struct Outcome {
  std::string weights;
  std::vector<double> numbers;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome_of(ds::Project& project, const ds::TrainReport& report) {
  const auto& trained = report.runs.back();
  Outcome outcome;
  outcome.weights = ds::read_file(project.models().get(trained.model->id).folder / "weights.safetensors");
  for (const auto& epoch : ds::RunFolder(trained.run.folder).read_metrics()) {
    outcome.numbers.insert(outcome.numbers.end(), {epoch.loss, epoch.gradient_norm, epoch.foreground,
                                                   epoch.learning_rate, epoch.ap.value_or(-1)});
    for (const auto& [name, value] : epoch.parts) outcome.numbers.push_back(value);
  }
  return outcome;
}

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const ds::Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("a run ends with a model that knows where it came from, and is the same a second time") {
  SceneProject scenes;
  auto project = scenes.open();
  auto first = ds::train(project, {{small_job(project)}});
  REQUIRE(first.runs.size() == 1);
  auto model = project.models().get(first.runs[0].model->id);
  auto card = ds::read_model_card(model.folder);
  REQUIRE(card.name == "scene-model");
  REQUIRE(card.architecture == "yolox-nano");
  REQUIRE(card.classes == ds::scene_classes(2).names());
  REQUIRE(card.input_width == 64);
  REQUIRE(card.lineage.snapshot_id == project.snapshots().get("latest").id);
  REQUIRE(card.lineage.run_id == first.runs[0].run.id);
  REQUIRE(card.lineage.seed == 5);
  REQUIRE(card.lineage.config.find("batch: 4") != std::string::npos);
  REQUIRE(card.metrics.contains("val/AP"));
  REQUIRE(card.metrics.contains("test/AP50"));
  REQUIRE(project.runs().get(first.runs[0].run.id).state == ds::RunState::done);
  std::vector<std::string> kinds;
  for (const auto& event : project.events().list()) kinds.push_back(event.kind);
  REQUIRE(kinds == std::vector<std::string>{"run-started", "run-done", "all-runs-done"});

  auto second = ds::train(project, {{small_job(project, [](auto& options) { options.loader_threads = 3; })}});
  REQUIRE(outcome_of(project, first) == outcome_of(project, second));
  auto other = ds::train(project, {{small_job(project, [](auto& options) { options.seed = 6; })}});
  REQUIRE(outcome_of(project, first).weights != outcome_of(project, other).weights);
}

TEST_CASE("a run that was interrupted inside an epoch continues to the result it would have had") {
  SceneProject scenes;
  auto project = scenes.open();
  auto two_replicas = [](ds::TrainOptions& options) {
    options.threads = 2;
    options.replicas = 2;
  };
  auto expected = outcome_of(project, ds::train(project, {{small_job(project, two_replicas)}}));
  StepHook hook(3, [] { ds::request_stop(SIGTERM); });
  try {
    ds::train(project, {{small_job(project, two_replicas)}}, {&hook});
    FAIL("nothing was thrown");
  } catch (const ds::Interrupted& interrupted) {
    REQUIRE(interrupted.signal_number() == SIGTERM);
  }
  ds::request_stop(0);
  auto run = project.runs().get("latest");
  REQUIRE(run.state == ds::RunState::stopped);
  REQUIRE(run.message == "stopped by SIGTERM");
  auto resumed = ds::resume_training(project, run.id);
  REQUIRE(outcome_of(project, resumed) == expected);
  REQUIRE(message_of([&] { ds::resume_training(project, run.id); }) ==
          "run " + run.id + " is done; its model is " + resumed.runs[0].model->id);
}

TEST_CASE("two-stage samples, and statistics for folded weights, are the same after an interruption") {
  struct Kind {
    const char* arch;
    const char* weights;
  };
  for (auto [arch, weights] :
       {Kind{"faster-rcnn-mobilenetv3", ""},
        Kind{"ssdlite-mobilenetv2", "data/weights/mobilenet_v2/mobilenet_v2_imagenet.pth"}}) {
    INFO(arch);
    if (*weights != 0 && ds::testing::shared_is_absent(weights)) continue;
    SceneProject scenes;
    auto project = scenes.open();
    auto job = small_job(project, [name = arch, file = weights](ds::TrainOptions& options) {
      options.arch = name;
      options.epochs = 2;
      options.replicas = 2;
      if (*file != 0) options.weights = (ds::testing::shared_folder() / file).string();
    });
    auto expected = outcome_of(project, ds::train(project, {{job}}));
    StepHook hook(1, [] { ds::request_stop(SIGTERM); });
    REQUIRE_THROWS_AS(ds::train(project, {{job}}, {&hook}), ds::Interrupted);
    ds::request_stop(0);
    REQUIRE(outcome_of(project, ds::resume_training(project, "latest")) == expected);
    REQUIRE(outcome_of(project, ds::train(project, {{job}})) == expected);
  }
}

TEST_CASE("a run whose process died loses at most the epoch and continues to the same result") {
  SceneProject scenes;
  auto project = scenes.open();
  auto expected = outcome_of(project, ds::train(project, {{small_job(project)}}));
  // Nothing is saved on the way out of this: the folder is what kill -9 leaves behind.
  for (int at : {1, 3, 5}) {
    StepHook hook(at, [] { throw std::runtime_error("killed"); });
    REQUIRE_THROWS_WITH(ds::train(project, {{small_job(project)}}, {&hook}), "killed");
    auto run = project.runs().get("latest");
    REQUIRE(run.state == ds::RunState::failed);
    REQUIRE(outcome_of(project, ds::resume_training(project, run.id)) == expected);
  }
}

TEST_CASE("a queued run is finished however often it is asked for, and leaves its candidates alone") {
  SceneProject scenes;
  auto project = scenes.open();
  auto expected = outcome_of(project, ds::train(project, {{small_job(project)}}));
  auto queued = ds::queue_training(project, {{small_job(project), small_job(project)}});
  REQUIRE(queued.size() == 2);
  REQUIRE(queued[0].group == queued[1].group);
  for (const auto& run : queued) REQUIRE(project.runs().get(run.id).state == ds::RunState::queued);

  StepHook interrupt(3, [] { ds::request_stop(SIGTERM); });
  REQUIRE_THROWS_AS(ds::finish_training(project, queued[1].id, {&interrupt}), ds::Interrupted);
  ds::request_stop(0);
  REQUIRE(project.runs().get(queued[1].id).state == ds::RunState::stopped);
  auto finished = ds::finish_training(project, queued[1].id);
  REQUIRE(outcome_of(project, finished) == expected);
  REQUIRE(project.runs().get(queued[0].id).state == ds::RunState::queued);

  auto again = ds::finish_training(project, queued[1].id);
  REQUIRE(again.runs[0].model->id == finished.runs[0].model->id);
  REQUIRE(again.best == 0);

  auto running = project.runs().get(queued[0].id);
  auto lock = project.runs().hold(running.id);
  running.state = ds::RunState::running;
  project.runs().update(running);
  REQUIRE(message_of([&] { ds::finish_training(project, running.id); }) ==
          "run " + running.id + " is going on in another process");
}

TEST_CASE("a loss that is not a number stops the run and keeps the last good checkpoint") {
  SceneProject scenes;
  auto project = scenes.open();
  auto job = small_job(project, [](auto& options) {
    options.optimizer = "sgd";
    options.learning_rate = 1e9;
    options.warmup_epochs = 0;
    options.epochs = 20;
  });
  auto message = message_of([&] { ds::train(project, {{job}}); });
  REQUIRE(message.find("the loss is not a number any more at epoch ") == 0);
  auto run = project.runs().get("latest");
  REQUIRE(run.state == ds::RunState::failed);
  REQUIRE(run.message == message);
  REQUIRE(project.models().list().empty());
}

TEST_CASE("a disk that fills up during a checkpoint is Busy, and the best model stays") {
  SceneProject scenes;
  auto project = scenes.open();
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  // After the first epoch's checkpoints no file may grow beyond 1 MB: a checkpoint of yolox-nano has 15.
  StepHook hook(3, [&] {
    rlimit limit{1'000'000, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  });
  auto job = small_job(project);
  REQUIRE_THROWS_AS(ds::train(project, {{job}}, {&hook}), ds::Busy);
  setrlimit(RLIMIT_FSIZE, &before);
  auto run = project.runs().get("latest");
  REQUIRE(run.state == ds::RunState::failed);
  REQUIRE(fs::exists(ds::RunFolder(run.folder).best()));
  // With space again the run goes on from its last whole checkpoint.
  auto resumed = ds::resume_training(project, run.id);
  REQUIRE(resumed.best == 0U);
}

TEST_CASE("one candidate's failure is recorded and the others go on") {
  SceneProject scenes;
  auto project = scenes.open();
  auto broken = small_job(project, [](auto& options) { options.device = "cuda"; });
  auto report = ds::train(project, {{broken, small_job(project)}});
  REQUIRE(report.runs.size() == 2);
  REQUIRE(report.runs[0].error == "--device cuda: this machine or this build has no CUDA");
  REQUIRE(report.runs[0].run.state == ds::RunState::failed);
  REQUIRE(report.best == 1U);
  REQUIRE(report.runs[0].run.group == report.runs[1].run.group);
  std::vector<std::string> kinds;
  for (const auto& event : project.events().list()) kinds.push_back(event.kind);
  REQUIRE(kinds == std::vector<std::string>{"run-started", "run-failed", "first-model-done", "run-done",
                                            "all-runs-done"});
}

TEST_CASE("of three candidates the hopeless drop out between stages and still become models") {
  SceneProject scenes;
  auto project = scenes.open();
  // Stages end after 1, 2 and 4 of 4 epochs; the better half goes on: 3, 2, 1.
  auto job = [&](std::uint64_t seed, double rate) {
    return small_job(project, [&](ds::TrainOptions& options) {
      options.epochs = 4;
      options.seed = seed;
      options.learning_rate = rate;
    });
  };
  std::vector<ds::TrainJob> jobs = {job(1, 1e-3), job(2, 1e-3), job(3, 1e-3)};
  for (auto& one : jobs) one.config.eliminate = "halving";
  auto report = ds::train(project, {jobs});
  REQUIRE(report.runs.size() == 3);
  std::vector<double> epochs;
  int eliminated = 0;
  for (const auto& trained : report.runs) {
    REQUIRE(trained.model);
    REQUIRE(trained.run.state == ds::RunState::done);
    epochs.push_back(trained.run.metrics.at("epochs"));
    if (trained.run.message.find("eliminated after stage ") == 0) ++eliminated;
  }
  REQUIRE(eliminated == 2);
  std::sort(epochs.begin(), epochs.end());
  REQUIRE(epochs == std::vector<double>{1, 2, 4});

  // Cut off in the second stage, the group continues to the same models. 3 candidates x 2 steps; a continued
  // run reports the 2 steps it has; then the first step of the second stage.
  StepHook hook(3 * 2 + 2 + 1, [] { ds::request_stop(SIGTERM); });
  REQUIRE_THROWS_AS(ds::train(project, {jobs}, {&hook}), ds::Interrupted);
  ds::request_stop(0);
  auto resumed = ds::resume_training(project, project.runs().get("latest").id);
  std::vector<std::string> expected, found;
  for (const auto& trained : report.runs)
    expected.push_back(ds::read_file(trained.model->folder / "weights.safetensors"));
  for (const auto& run : project.runs().list())
    if (run.group == resumed.runs.front().run.group)
      found.insert(found.begin(),
                   ds::read_file(project.models().get(run.model_id).folder / "weights.safetensors"));
  REQUIRE(found == expected);
}

TEST_CASE("a run whose AP does not rise lets the rate fall early") {
  SceneProject scenes;
  auto project = scenes.open();
  auto report = ds::train(project, {{small_job(project, [](ds::TrainOptions& options) {
                            options.epochs = 40;
                            options.learning_rate = 1e-9;  // nothing is learnt, so AP stays
                            options.patience = 2;
                          })}});
  // Three validations make the first mean; two more without a better one end the flat half: 5 epochs of 10.
  REQUIRE(report.runs[0].run.metrics.at("epochs") < 11);
  auto epochs = ds::RunFolder(report.runs[0].run.folder).read_metrics();
  REQUIRE(epochs.back().closing);
}

TEST_CASE("a budget decides the epochs and records them") {
  SceneProject scenes;
  auto project = scenes.open();
  auto report = ds::train(project, {{small_job(project, [](auto& options) {
                            options.budget_s = 3;
                            options.eval_every = 0;
                          })}});
  auto status = ds::RunFolder(report.runs[0].run.folder).read_status();
  REQUIRE(status->epochs >= 1);
  REQUIRE(report.runs[0].run.metrics.at("epochs") == status->epochs);
}

TEST_CASE("training on from a model of the project names it as the parent") {
  SceneProject scenes;
  auto project = scenes.open();
  auto first = ds::train(project, {{small_job(project)}});
  auto id = first.runs[0].model->id;
  auto job = small_job(project, [&](auto& options) {
    options.weights = id;
    options.freeze_backbone = true;
  });
  auto second = ds::train(project, {{job}});
  REQUIRE(second.runs[0].model->parent_id == id);
}

namespace {

/// One step at a rate of about 0: the weights stay what they began as.
ds::TrainJob standing_job(ds::Project& project, const std::string& arch, const std::string& weights) {
  return small_job(project, [&](ds::TrainOptions& options) {
    options.arch = arch;
    options.weights = weights;
    options.epochs = 1;
    options.learning_rate = options.finetune_learning_rate = 1e-12;
    options.warmup_epochs = 0;
    options.weight_decay = 0;
  });
}

/// The first weight of each of the two classes, of a model's weight file.
std::array<float, 2> class_weights(const fs::path& model) {
  const auto rows =
      ds::read_weight_file(model / "weights.safetensors").find("head.cls_preds.0.weight")->to_floats();
  return {rows.front(), rows[rows.size() / 2]};
}

std::string log_of(const ds::TrainReport& report) {
  return ds::read_file(ds::RunFolder(report.runs.front().run.folder).log());
}

}  // namespace

TEST_CASE("training on after the classes were put in another order: the class layer follows the names") {
  SceneProject scenes;
  auto project = scenes.open();
  auto first = ds::train(project, {{small_job(project)}}).runs[0].model.value();
  const auto before = class_weights(first.folder);
  REQUIRE(std::abs(before[0] - before[1]) > 1e-5);
  const auto names = ds::scene_classes(2).names();
  project.classes().reorder({names[1], names[0]});
  const auto line =
      fmt::format("class layer by name: {1}, {0} (in the weights: {0}, {1})", names[0], names[1]);
  const auto moved = project.folder().parent_path() / "moved.safetensors";  // no card beside it, but metadata
  fs::copy_file(first.folder / "weights.safetensors", moved);
  for (const auto& weights : {first.id, first.name, first.folder.string(),
                              (first.folder / "weights.safetensors").string(), moved.string()}) {
    INFO(weights);
    auto report = ds::train(project, {{standing_job(project, "yolox-nano", weights)}});
    REQUIRE_THAT(log_of(report), Catch::Contains(line));
    const auto after = class_weights(report.runs[0].model->folder);
    REQUIRE(after[0] == Approx(before[1]).margin(1e-6));
    REQUIRE(after[1] == Approx(before[0]).margin(1e-6));
  }
  // Nothing says which classes these know.
  auto nameless = ds::read_weight_file(moved);
  nameless.metadata.clear();
  ds::write_safetensors(moved, nameless);
  auto report = ds::train(project, {{standing_job(project, "yolox-nano", moved.string())}});
  REQUIRE_THAT(log_of(report),
               Catch::Contains("class layer by position: the weights do not say which classes"));
  REQUIRE(class_weights(report.runs[0].model->folder)[0] == Approx(before[0]).margin(1e-6));
}

TEST_CASE("BatchNorms that came folded are calibrated before the first step, and only then") {
  const char* weights = "data/weights/mobilenet_v2/mobilenet_v2_imagenet.pth";
  if (ds::testing::shared_is_absent(weights)) return;
  SceneProject scenes;
  auto project = scenes.open();
  auto job = standing_job(project, "ssdlite-mobilenetv2", (ds::testing::shared_folder() / weights).string());
  auto report = ds::train(project, {{job}});
  REQUIRE_THAT(log_of(report), Catch::Contains("52 BatchNorms calibrated on 2 batches"));
  // A folded BatchNorm only adds a bias: it began with a mean of 0 and one weight for all channels.
  auto file = ds::read_weight_file(report.runs[0].model->folder / "weights.safetensors");
  auto scales = file.find("backbone.features.0.1.weight")->to_floats();
  auto [smallest, largest] = std::minmax_element(scales.begin(), scales.end());
  REQUIRE(*largest > *smallest * 1.5F);

  StepHook hook(1, [] { ds::request_stop(SIGTERM); });
  REQUIRE_THROWS_AS(ds::train(project, {{job}}, {&hook}), ds::Interrupted);
  ds::request_stop(0);
  auto resumed = ds::resume_training(project, "latest");
  auto text = log_of(resumed);
  REQUIRE(text.find("BatchNorms calibrated") == text.rfind("BatchNorms calibrated"));
}

TEST_CASE("data that cannot be trained on is refused before the first step") {
  SceneProject scenes;
  auto project = scenes.open();
  for (const auto& image : project.images().list(ds::Filter::parse("split=val"))) {
    ds::ImageEdit edit;
    edit.split = ds::Split::train;
    project.images().edit(image.id, edit);
  }
  REQUIRE(message_of([&] { ds::train(project, {{small_job(project)}}); }) ==
          "the val split of the snapshot is empty, so the best epoch could not be chosen");
  REQUIRE(project.runs().list().empty());
}

TEST_CASE("what the check of the data found stands in the run's folder, and stops a strict run") {
  SceneProject scenes;
  auto project = scenes.open();
  auto report = ds::train(project, {{small_job(project)}});
  auto findings = ds::RunFolder(report.runs[0].run.folder).read_findings();
  std::vector<std::string> kinds;
  for (const auto& finding : findings) kinds.push_back(finding.kind);
  REQUIRE(std::count(kinds.begin(), kinds.end(), "few-objects") == 2);  // val has 4 images, test 2
  auto strict = small_job(project, [](auto& options) { options.strict_data = true; });
  auto message = message_of([&] { ds::train(project, {{strict}}); });
  REQUIRE(message ==
          fmt::format("--strict-data: {} ({} findings in all)", findings[0].message, findings.size()));
  REQUIRE(project.runs().list().size() == 1);
}

TEST_CASE(
    "sizes that change, a cache on the disk and smoothed labels train, stop and continue to the same end") {
  SceneProject scenes;
  auto project = scenes.open();
  auto change = [](ds::TrainOptions& options) {
    options.multi_scale_min = 0.5;
    options.multi_scale_max = 1.5;
    options.multi_scale_every = 1;
    options.label_smoothing = 0.1;
  };
  auto on_disk = [&](ds::TrainOptions& options) {
    change(options);
    options.cache = "disk";
  };
  auto expected = outcome_of(project, ds::train(project, {{small_job(project, change)}}));
  StepHook hook(3, [] { ds::request_stop(SIGTERM); });
  REQUIRE_THROWS_AS(ds::train(project, {{small_job(project, on_disk)}}, {&hook}), ds::Interrupted);
  ds::request_stop(0);
  REQUIRE(fs::exists(scenes.folder() / "cache" / "pictures"));
  REQUIRE(outcome_of(project, ds::resume_training(project, project.runs().get("latest").id)) == expected);
}

TEST_CASE("fp16 on a CPU is refused") {
  SceneProject scenes;
  auto project = scenes.open();
  auto job = small_job(project, [](auto& options) { options.precision = "fp16"; });
  REQUIRE(message_of([&] { ds::train(project, {{job}}); }) == "--precision fp16 needs a GPU");
}

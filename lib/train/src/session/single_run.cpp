#include "session/single_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/project/project.h"
#include "ds/runs/folder.h"
#include "loop/setup.h"
#include "session/model_registration.h"
#include "session/run_order.h"

namespace ds::detail {

RunConfig config_of(const RunRecord& run) {
  auto config = RunFolder(run.folder).read_config();
  config.options.validate();
  return config;
}

SingleRun::SingleRun(Project& project, RunRecord record, const TrainData& data, const TrainHooks& hooks)
    : project_(project),
      record_(std::move(record)),
      data_(data),
      hooks_(hooks),
      folder_(record_.folder),
      lock_(folder_.lock(), fmt::format("run {}", record_.id)),
      config_(config_of(record_)) {}

void SingleRun::begin() {
  log::also_to_file(folder_.log());
  record_.state = RunState::running;
  record_.message.clear();
  record_.finished_at.clear();
  project_.runs().update(record_);
}

void SingleRun::noting(const std::function<RunState()>& work, std::string& message) {
  begin();
  struct StopLogging {
    ~StopLogging() { log::also_to_file({}); }
  } stop_logging;
  try {
    auto state = work();
    finish(state, message);
  } catch (const Interrupted& error) {
    finish(RunState::stopped, error.what());
    log::info(fmt::format("saved; continue with: ds-train run --resume {}", record_.id));
    throw;
  } catch (const Busy& error) {
    finish(RunState::failed, error.what());
    throw Busy(error.what(),
               fmt::format("when that has passed, continue with: ds-train run --resume {}", record_.id));
  } catch (const std::exception& error) {
    finish(RunState::failed, error.what());
    throw;
  }
}

TrainingLoop SingleRun::make_loop(const Leg& leg, bool conclude) {
  if (leg.budget_s > 0 && leg.budget_s != config_.options.budget_s) {
    config_.options.budget_s = leg.budget_s;
    folder_.write_config(config_);
  }
  const auto& options = config_.options;
  TrainingLoop::Inputs inputs{options, input_of(options), record_.id, title_of(options), {}};
  inputs.pause_epoch = leg.pause_epoch;
  inputs.pause_elapsed_s = leg.pause_elapsed_s;
  if (!options.weights.empty() && !std::filesystem::exists(folder_.last()))
    inputs.initial_weights = weight_file(project_, options.weights);
  auto& ranks = ranks_of(hooks_);
  give_order(ranks, RunOrder{record_.id, data_.snapshot_id, read_file(folder_.config()), leg.pause_epoch,
                             leg.pause_elapsed_s, conclude});
  require_same_data(ranks, [&]() -> const TrainData& { return data_; });
  return {std::move(inputs), data_, folder_, hooks_.progress ? *hooks_.progress : no_progress(), ranks};
}

LegResult SingleRun::train(const Leg& leg) {
  LegResult result;
  std::string message;
  noting(
      [&] {
        log::info(fmt::format("{}: {} train, {} val, {} test images, {} classes, seed {}",
                              title_of(config_.options), data_.train.size(), data_.val.size(),
                              data_.test.size(), data_.classes.size(), config_.options.seed));
        auto loop = make_loop(leg, false);
        auto progression = loop.run([&](const Progression& at, const ValidationResult& validation) {
          if (!validation.is_measured()) {
            log::warning(fmt::format("epoch {}: the val AP cannot be measured", at.epoch + 1));
            return;
          }
          record_.metrics["ap"] = at.best_ap;
          record_.metrics["epoch"] = at.best_epoch;
          record_.metrics["last_ap"] = validation.ap();
          project_.runs().update(record_);
          log::info(fmt::format("epoch {}: val AP {:.4f}, AP50 {:.4f} (best {:.4f} at epoch {})",
                                at.epoch + 1, validation.ap(), validation.ap50(), at.best_ap, at.best_epoch));
        });
        result.ap = progression.last_ap;
        result.elapsed_s = progression.elapsed_s;
        result.paused = loop.is_paused();
        if (result.paused) {
          message = leg.then;
          return RunState::queued;
        }
        result.trained.model = publish(loop, progression);
        return RunState::done;
      },
      message);
  result.trained.run = record_;
  return result;
}

TrainedRun SingleRun::conclude(const std::string& why) {
  TrainedRun trained;
  std::string message = why;
  noting(
      [&] {
        auto loop = make_loop({}, true);
        trained.model = publish(loop, loop.resumed());
        return RunState::done;
      },
      message);
  trained.run = record_;
  return trained;
}

ModelRecord SingleRun::publish(TrainingLoop& loop, const Progression& progression) {
  const auto& options = config_.options;
  auto input = input_of(options);
  loop.load_best();
  auto card = card_for(options.arch, loop.preprocessing(), loop.averaged_net(), data_.classes, input.width,
                       input.height);
  auto score = [&](const std::vector<TrainImage>& images, const Dataset& truth, const std::string& split) {
    auto result = loop.score(images, truth);
    card.metrics[split + "/AP"] = result.ap();
    card.metrics[split + "/AP50"] = result.ap50();
    for (std::size_t c = 0; c < data_.classes.size(); ++c)
      card.metrics[fmt::format("{}/AP/{}", split, data_.classes[c])] =
          result.precision.classes[c].numbers.ap();
    return result;
  };
  auto val = score(data_.val, data_.val_truth, "val");
  card.score_threshold = std::clamp(val.best_f1_threshold, 0.01, 0.99);
  if (!data_.test.empty()) score(data_.test, data_.test_truth, "test");
  card.lineage.snapshot_id = data_.snapshot_id;
  card.lineage.run_id = record_.id;
  card.lineage.parent_model = config_.parent;
  card.lineage.seed = options.seed;
  card.lineage.config = read_file(folder_.config());
  ModelRecord model;
  model.name = config_.name.empty() ? fmt::format("{}-{}", options.arch, utc_now_compact()) : config_.name;
  model.run_id = record_.id;
  model.snapshot_id = data_.snapshot_id;
  model.parent_id = config_.parent;
  auto added = add_model(project_, std::move(model), card, loop.averaged_net());
  record_.model_id = added.id;
  for (const auto& [name, value] : card.metrics) record_.metrics[name] = value;
  record_.metrics["epoch"] = progression.best_epoch;
  record_.metrics["epochs"] = progression.epoch;
  return added;
}

/// The row and status.json may be what a full disk refuses: the run's own error must not be hidden by that.
void SingleRun::finish(RunState state, const std::string& message) {
  record_.state = state;
  record_.message = message;
  record_.finished_at = state == RunState::queued ? std::string() : utc_now();
  try {
    auto status = folder_.read_status().value_or(RunStatus{});
    status.run = record_.id;
    status.title = title_of(config_.options);
    status.state = state;
    status.message = message;
    status.updated = utc_now();
    if (state == RunState::done) status.eta_s = 0;
    folder_.write_status(status);
    project_.runs().update(record_);
  } catch (const Error& error) {
    if (state == RunState::done || state == RunState::queued) throw;
    log::warning(fmt::format("the run's state could not be written: {}", error.what()));
  }
}

}  // namespace ds::detail

#pragma once

#include <cmath>

#include "ds/runs/view.h"

namespace ds::testing {

/// A run of `epochs` planned epochs of which `ended` have ended, validated every second one: loss 8 / epoch,
/// AP 0.05 an epoch up to 0.4; the last quarter is closing.
inline RunView made_run(const std::string& id, RunState state, int ended, int epochs = 12) {
  RunView run;
  run.record.id = id;
  run.record.architecture = "yolox-nano";
  run.record.state = state;
  run.record.folder = "runs/" + id;
  run.config.options.epochs = epochs;
  run.config.options.input_size = "64x64";
  for (int epoch = 1; epoch <= ended; ++epoch) {
    EpochMetrics metrics;
    metrics.epoch = epoch;
    metrics.step = 10 * epoch;
    metrics.loss = 8.0 / epoch;
    metrics.parts = {{"iou", 5.0 / epoch}, {"class", 3.0 / epoch}};
    metrics.learning_rate = 2e-3;
    metrics.closing = epoch > epochs * 3 / 4;
    metrics.images_per_s = 30;
    metrics.elapsed_s = 10 * epoch;
    if (epoch % 2 == 0) {
      metrics.ap = std::min(0.4, 0.05 * epoch);
      metrics.ap50 = 0.75;
      metrics.class_ap = {{"disc", 0.5}, {"square", -1}};
    }
    run.epochs.push_back(metrics);
  }
  if (ended == 0) return run;
  RunStatus status;
  status.title = "yolox-nano 64x64";
  status.epoch = state == RunState::done ? ended : ended + 1;
  status.epochs = epochs;
  status.step = 10 * ended;
  status.steps = 10 * epochs;
  status.loss = 8.0 / ended;
  status.learning_rate = 2e-3;
  status.images_per_s = 30;
  status.elapsed_s = 10 * ended;
  status.eta_s = 10 * (epochs - ended);
  if (const auto* best = run.best()) {
    status.best_ap = best->ap;
    status.best_epoch = best->epoch;
    status.ap = run.epochs[static_cast<std::size_t>(ended - ended % 2 - 1)].ap;
  }
  run.status = status;
  return run;
}

}  // namespace ds::testing

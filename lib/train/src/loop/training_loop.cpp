#include "loop/training_loop.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/random.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/nn/detector_net.h"
#include "loop/optimizer.h"
#include "loop/replicas.h"

namespace ds::detail {
namespace {

bool is_out_of_memory(const std::string& what) {
  return what.find("can't allocate memory") != std::string::npos ||
         what.find("out of memory") != std::string::npos;
}

}  // namespace

/// Work of rank 0 alone. What it throws is thrown on all ranks by the next operation that
/// they have in common.
void TrainingLoop::as_first(const std::function<void()>& work) {
  if (ranks_.alone()) return work();
  if (!ranks_.is_first() || own_error_) return;
  try {
    work();
  } catch (const std::exception&) {
    own_error_ = std::current_exception();
  }
}

Progression TrainingLoop::resumed() {
  resume();
  return state_;
}

Progression TrainingLoop::run(const OnValidation& on_validation) {
  resume();
  pausing_ = in_.pause_epoch > 0 && state_.epoch >= in_.pause_epoch;
  watch_.restart();
  progress_.begin(in_.title, static_cast<std::int64_t>(state_.epochs) * steps_per_epoch_);
  progress_.advance(state_.step);
  try {
    if (state_.step == 0) calibrate();
    while (!is_over() && !pausing_) {
      run_epoch();
      finish_epoch(on_validation);
    }
  } catch (const Interrupted&) {
    auto save = [this] {
      if (ranks_.is_first()) save_last();
      return std::string();
    };
    // mpirun ends the other ranks as soon as one has ended: all stay until rank 0 has saved.
    if (stop_signal_ != 0)
      ranks_.together("saving", save);
    else
      save();
    progress_.end();
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(fmt::format("out of memory at batch {} and {}x{}", in_.options.batch, in_.input.width,
                            in_.input.height),
                "a smaller --batch, --input-size or --cache-gb needs less");
  } catch (const c10::Error& error) {
    if (!is_out_of_memory(error.what_without_backtrace())) throw Error(error.what_without_backtrace());
    throw Error(fmt::format("out of memory at batch {} and {}x{}: {}", in_.options.batch, in_.input.width,
                            in_.input.height, error.what_without_backtrace()),
                "a smaller --batch, --input-size or --cache-gb needs less");
  }
  progress_.end();
  if (ranks_.is_first()) report_status(true);
  return state_;
}

bool TrainingLoop::is_over() const {
  if (state_.epochs > 0 && state_.epoch >= state_.epochs) return true;
  return in_.options.patience > 0 && state_.since_best >= in_.options.patience;
}

bool TrainingLoop::reaches_pause(int epochs_done) const {
  return (in_.pause_epoch > 0 && epochs_done >= in_.pause_epoch) ||
         (in_.pause_elapsed_s > 0 && elapsed() >= in_.pause_elapsed_s);
}

bool TrainingLoop::is_evaluated() const {
  const int number = state_.epoch + 1;
  if (number == state_.epochs || pausing_) return true;
  return number % validation_interval(in_.options, state_.epochs, data_.val.size(), steps_per_epoch_) == 0;
}

EpochPlan TrainingLoop::plan() const {
  const auto& options = in_.options;
  EpochPlan plan{state_.epoch, in_.input.width, in_.input.height, options.augment, {}};
  plan.augment.pad_value = architecture_.preprocessing.pad_value;
  if (!is_closing()) {
    plan.sizes = {options.multi_scale_min, options.multi_scale_max, options.multi_scale_every,
                  architecture_.multiple};
  } else {
    plan.augment.mosaic = 0;
    plan.augment.mixup = 0;
    plan.augment.scale_min = options.closing_scale_min;
    plan.augment.scale_max = options.closing_scale_max;
  }
  return plan;
}

ScheduleOptions TrainingLoop::schedule() const {
  const auto& options = in_.options;
  ScheduleOptions schedule;
  schedule.kind = options.schedule;
  // Until a budget has decided, the rate is the flat part's.
  const int epochs = state_.epochs > 0 ? state_.epochs : 1'000'000;
  schedule.total_steps = static_cast<std::int64_t>(epochs) * steps_per_epoch_;
  schedule.warmup_steps = static_cast<std::int64_t>(options.warmup_epochs * steps_per_epoch_);
  schedule.flat_share = options.flat_share;
  schedule.final_factor = options.final_lr_factor;
  return schedule;
}

void TrainingLoop::run_epoch() {
  loader_->start(plan(), state_.step_in_epoch);
  Stopwatch epoch_watch;
  epoch_images_ = 0;
  while (state_.step_in_epoch < steps_per_epoch_) {
    if (ranks_.alone())
      throw_if_stopped();
    else if (stop_signal_ != 0)
      throw Interrupted(stop_signal_);
    run_step();
    epoch_images_ += in_.options.batch;
    epoch_training_s_ = epoch_watch.seconds();
    as_first([&] {
      report_status(false);
      progress_.advance();
      const int every = in_.options.save_every_steps;
      if (every > 0 && state_.step % every == 0 && state_.step_in_epoch < steps_per_epoch_) save_last();
    });
  }
}

void TrainingLoop::run_step() {
  auto& flat = replicas_->parameters();
  StepOptions options;
  options.loss.closing = is_closing();
  options.loss.label_smoothing = in_.options.label_smoothing;
  options.loss.seed = Random(in_.options.seed, fmt::format("loss/{}", state_.step)).next();
  options.precision = in_.options.precision;
  if (options.precision == "fp16") options.loss_scale = state_.loss_scale.value;
  auto next = [&] {
    if (own_error_) std::rethrow_exception(std::exchange(own_error_, nullptr));
    return loader_->next();
  };
  auto loss = replicas_->step(next, options, [&](Batch batch) { loader_->recycle(std::move(batch)); });
  stop_signal_ = loss.stop_signal;
  const bool overflowed = !unscale_gradients();
  double norm = overflowed ? 0 : flat.clip_gradients(in_.options.clip_norm);
  if (!std::isfinite(loss.total) || !std::isfinite(norm)) {
    std::string parts;
    for (const auto& [name, value] : loss.parts) parts += fmt::format(" {} {:.3g}", name, value);
    throw Error(
        fmt::format("the loss is not a number any more at epoch {}, step {} (loss {:.3g}:{}; gradient norm "
                    "{:.3g})",
                    state_.epoch + 1, state_.step + 1, loss.total, parts, norm),
        checkpoint_advice());
  }
  double rate = in_.options.peak_learning_rate() * learning_rate_factor(schedule(), state_.step);
  if (!overflowed) {
    optimizer_->step(rate);
    flat.average_into(*average_flat_, ema_decay(in_.options.ema_width, state_.step + 1));
  }
  ++state_.step;
  ++state_.step_in_epoch;
  state_.loss_sum += loss.total;
  state_.norm_sum += norm;
  state_.foreground_sum += loss.num_foreground;
  for (const auto& [name, value] : loss.parts) {
    auto found = std::find_if(state_.part_sums.begin(), state_.part_sums.end(),
                              [&](const auto& part) { return part.first == name; });
    if (found == state_.part_sums.end()) found = state_.part_sums.insert(state_.part_sums.end(), {name, 0.0});
    found->second += value;
  }
  status_.learning_rate = rate;
  status_.loss = state_.loss_sum / state_.step_in_epoch;
}

/// fp16: the gradients in their own size again, and the next scale. False when they overflowed: the step is
/// left out. True for the other precisions, which need none.
bool TrainingLoop::unscale_gradients() {
  if (in_.options.precision != "fp16") return true;
  auto& gradients = replicas_->parameters().gradients;
  gradients.mul_(1 / state_.loss_scale.value);
  return state_.loss_scale.after_step(std::isfinite(gradients.norm().item<double>()));
}

std::string TrainingLoop::checkpoint_advice() const {
  std::string kept = std::filesystem::exists(folder_.last())
                         ? fmt::format("the last good checkpoint is {}; ", folder_.last().string())
                         : std::string();
  return kept + fmt::format("try a lower --learning-rate (now {}) or --clip-norm 10",
                            shortest(in_.options.peak_learning_rate()));
}

void TrainingLoop::finish_epoch(const OnValidation& on_validation) {
  Stopwatch validation_watch;
  EpochMetrics metrics;
  const double steps = std::max(1, state_.step_in_epoch);
  metrics.epoch = state_.epoch + 1;
  metrics.step = state_.step;
  metrics.loss = state_.loss_sum / steps;
  for (const auto& [name, sum] : state_.part_sums) metrics.parts.emplace_back(name, sum / steps);
  metrics.gradient_norm = state_.norm_sum / steps;
  metrics.foreground = static_cast<double>(state_.foreground_sum) / steps;
  metrics.learning_rate = status_.learning_rate;
  metrics.closing = is_closing();
  metrics.images_per_s = epoch_training_s_ > 0 ? epoch_images_ / epoch_training_s_ : 0;
  pausing_ = reaches_pause(state_.epoch + 1);
  if (!ranks_.alone() && in_.pause_elapsed_s > 0)  // by rank 0's clock
    pausing_ = !ranks_.broadcast(pausing_ ? "yes" : "", "whether to pause").empty();
  if (is_evaluated()) {
    auto result = validate(metrics);
    as_first([&] {
      if (on_validation) on_validation(state_, result);
    });
  }
  state_.elapsed_s = metrics.elapsed_s = elapsed();
  ++state_.epoch;
  state_.step_in_epoch = 0;
  state_.loss_sum = state_.norm_sum = 0;
  state_.foreground_sum = 0;
  state_.part_sums.clear();
  epoch_wall_s_ = epoch_training_s_ + validation_watch.seconds();
  as_first([&] {
    decide_epochs();
    save_last();
    folder_.append_metrics(metrics);
    if (in_.options.tensorboard) folder_.write_tensorboard();
    report_status(true);
  });
  // The plan follows rank 0's clock.
  if (ranks_.alone()) return;
  auto told = ranks_.together("the end of an epoch", [&] {
    if (own_error_) std::rethrow_exception(std::exchange(own_error_, nullptr));
    return ranks_.is_first() ? to_json_text(state_) : std::string();
  });
  state_ = progression_from_json(told.front(), folder_.last());
}

ValidationResult TrainingLoop::validate(EpochMetrics& metrics) {
  auto result = validation_->evaluate(*average_, *team_, ranks_);
  for (std::size_t c = 0; c < data_.classes.size(); ++c)
    metrics.class_ap.emplace_back(data_.classes[c], result.precision.classes[c].numbers.ap());
  if (!result.is_measured()) {
    // Nothing to choose by: until there is, the newest weights stand in for the best.
    if (state_.best_epoch == 0) as_first([&] { save_best(result); });
    return result;
  }
  state_.last_ap = result.ap();
  metrics.ap = result.ap();
  metrics.ap50 = result.ap50();
  if (result.ap() > state_.best_ap || state_.best_epoch == 0) {
    state_.best_ap = result.ap();
    state_.best_epoch = state_.epoch + 1;
    state_.since_best = 0;
    as_first([&] { save_best(result); });
  } else if (is_closing()) {
    ++state_.since_best;
  }
  shorten(result.ap());
  return result;
}

void TrainingLoop::shorten(double ap) {
  state_.trend.add(ap);
  const auto shorter = shortened_epochs(in_.options, state_.trend, state_.epoch, state_.epochs);
  if (!shorter) return;
  log::info(
      fmt::format("val AP has not risen for {} validations (mean of three {:.4f}): the rate falls from now "
                  "on, {} epochs instead of {}",
                  state_.trend.since_progress, state_.trend.mean(), *shorter, state_.epochs));
  state_.epochs = *shorter;
  state_.shortened = true;
}

void TrainingLoop::decide_epochs() {
  if (in_.options.budget_s <= 0 || state_.shortened) return;
  const auto planned = plan_by_budget(in_.options, {.epoch = state_.epoch,
                                                    .epochs = state_.epochs,
                                                    .elapsed_s = elapsed(),
                                                    .last_epoch_s = epoch_wall_s_});
  if (!planned) return;
  const bool first = state_.epochs == 0;
  state_.epochs = planned->epochs;
  log::info(first
                ? fmt::format("the budget of {} allows {} epochs at {:.1f} s each",
                              human_duration(in_.options.budget_s), planned->epochs, planned->epoch_s)
                : fmt::format("epochs planned anew: {} ({:.1f} s each)", planned->epochs, planned->epoch_s));
  progress_.begin(in_.title, static_cast<std::int64_t>(state_.epochs) * steps_per_epoch_);
  progress_.advance(state_.step);
}

}  // namespace ds::detail

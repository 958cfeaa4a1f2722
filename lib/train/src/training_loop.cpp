#include "training_loop.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/utils.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/random.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/nn/state_dict.h"

namespace ds {
namespace {

constexpr double kDecideAfter = 0.08;    // share of a budget after which its epochs are counted
constexpr double kBudgetReserve = 0.04;  // share kept for the last validation and the test
constexpr int kCalibrationBatches = 4;   // of weights that came without BatchNorm's statistics

torch::Device device_of(const std::string& name) {
  const bool has_cuda = at::globalContext().hasCUDA();
  if (name == "auto") return has_cuda ? torch::Device("cuda") : torch::Device("cpu");
  if (name != "cpu" && name.rfind("cuda", 0) != 0)
    throw UsageError(fmt::format("--device: '{}' is not a device; write auto, cpu, cuda or cuda:N", name));
  torch::Device device(name);
  if (device.is_cuda() && !has_cuda)
    throw UsageError(fmt::format("--device {}: this machine or this build has no CUDA", name),
                     "--device cpu");
  return device;
}

bool is_out_of_memory(const std::string& what) {
  return what.find("can't allocate memory") != std::string::npos ||
         what.find("out of memory") != std::string::npos;
}

}  // namespace

int replica_count(const TrainOptions& options) {
  if (options.replicas > 0) return options.replicas;
  return std::clamp(options.batch / 4, 1, std::max(1, options.threads));
}

TrainingLoop::TrainingLoop(Inputs inputs, const TrainData& data, RunFolder folder, Progress& progress)
    : in_(std::move(inputs)), data_(data), folder_(std::move(folder)), progress_(progress) {
  cv::setNumThreads(1);
  at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/true);
  at::set_num_threads(1);
  build(in_.initial_weights);
  status_.run = in_.run_id;
  status_.title = in_.title;
}

void TrainingLoop::build(const StateDict& initial_weights) {
  const auto& options = in_.options;
  const auto& architecture = architectures().at(options.arch).make;
  spec_ = architecture.input;
  const auto classes = static_cast<int>(data_.classes.size());
  auto device = device_of(options.device);
  auto make = [&options, classes] { return make_detector_net(options.arch, classes); };
  torch::manual_seed(options.seed);
  auto net = make();
  if (!initial_weights.tensors.empty()) {
    auto report = load_into(*net, initial_weights, LoadPolicy::matching);
    log::info(report.summary());
    unfolded_ = report.unfolded;
  }
  net->to(device);
  average_ = make();
  average_->to(device);
  auto frozen = options.freeze_backbone ? net->backbone_prefixes() : std::vector<std::string>{};
  const int replicas = device.is_cuda() ? 1 : ds::replica_count(options);
  team_ = std::make_unique<WorkerTeam>(replicas, std::max(1, options.threads / replicas));
  replicas_ = std::make_unique<Replicas>(net, make, *team_, frozen);
  average_flat_ = std::make_unique<FlatParameters>(*average_, frozen);
  replicas_->parameters().average_into(*average_flat_, 0);
  average_->eval();
  optimizer_ = make_optimizer({options.optimizer, options.momentum, 0.999, 1e-8, options.weight_decay},
                              replicas_->parameters());

  pictures_ = std::make_unique<PictureCache>(data_.train, std::max(in_.input.width, in_.input.height),
                                             static_cast<std::uint64_t>(options.cache_gb * 1e9));
  LoaderOptions loading;
  loading.seed = options.seed;
  loading.batch = options.batch;
  loading.threads = options.loader_threads;
  loading.pixels = pixel_scale(spec_);
  loading.repeats = repeat_factors(data_.train, classes, options.class_balance);
  loader_ = std::make_unique<BatchLoader>(*pictures_, loading);
  steps_per_epoch_ = loader_->steps_per_epoch();
  validation_ = std::make_unique<ValidationSet>(data_.val, data_.val_truth, spec_, in_.input);
  state_.epochs = options.budget_s > 0 ? 0 : options.epochs;
}

void TrainingLoop::resume() {
  if (!std::filesystem::exists(folder_.last())) return;
  try {
    state_ = load_checkpoint(folder_.last(), parts());
  } catch (const DataError& error) {
    throw DataError(error.what(),
                    std::filesystem::exists(folder_.best())
                        ? fmt::format("its best weights are whole: start a new run with --weights {}",
                                      folder_.best().string())
                        : "start a new run");
  }
  replicas_->follow_first();
  unfolded_.clear();
  elapsed_before_ = state_.elapsed_s;
  folder_.truncate_metrics(state_.epoch);
  log::info(fmt::format("continuing at epoch {}, step {}", state_.epoch + 1, state_.step));
}

void TrainingLoop::calibrate() {
  if (unfolded_.empty()) return;
  std::vector<at::Tensor> batches;
  loader_->start(plan(), 0);
  while (static_cast<int>(batches.size()) < std::min(kCalibrationBatches, steps_per_epoch_))
    batches.push_back(images_of(loader_->next())
                          .to(replicas_->parameters().values.device(), at::kFloat,
                              /*non_blocking=*/false, /*copy=*/true));
  calibrate_batch_norms(replicas_->net(), unfolded_, batches);
  replicas_->follow_first();
  replicas_->parameters().average_into(*average_flat_, 0);
  log::info(fmt::format("{} BatchNorms calibrated on {} batches", unfolded_.size(), batches.size()));
}

Progression TrainingLoop::run(const OnValidation& on_validation) {
  resume();
  watch_.restart();
  progress_.begin(in_.title, static_cast<std::int64_t>(state_.epochs) * steps_per_epoch_);
  progress_.advance(state_.step);
  try {
    calibrate();
    while (!is_over()) {
      run_epoch();
      finish_epoch(on_validation);
    }
  } catch (const Interrupted&) {
    save_last();
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
  report_status(true);
  return state_;
}

bool TrainingLoop::is_over() const {
  if (state_.epochs > 0 && state_.epoch >= state_.epochs) return true;
  return in_.options.patience > 0 && state_.since_best >= in_.options.patience;
}

bool TrainingLoop::is_closing() const {
  if (state_.epochs == 0) return false;
  auto closing = static_cast<int>(std::lround(in_.options.closing_share * state_.epochs));
  return state_.epoch >= state_.epochs - closing;
}

bool TrainingLoop::is_evaluated() const {
  const auto& options = in_.options;
  const int number = state_.epoch + 1;
  if (number == state_.epochs) return true;
  int every = options.eval_every;
  if (every == 0) {
    // One image forward costs about a third of one forward and backward. Counted, not timed: the choice of
    // the best epoch must not depend on the machine's mood.
    double validation_cost = static_cast<double>(data_.val.size()) / 3;
    double epoch_cost = static_cast<double>(steps_per_epoch_) * options.batch;
    every = std::max(1, static_cast<int>(std::ceil(validation_cost / (options.eval_share * epoch_cost))));
    if (state_.epochs > 0) every = std::clamp(every, 1, std::max(1, state_.epochs / 5));
  }
  return number % every == 0;
}

EpochPlan TrainingLoop::plan() const {
  EpochPlan plan{state_.epoch, in_.input.width, in_.input.height, in_.options.augment};
  plan.augment.pad_value = spec_.pad_value;
  if (is_closing()) {
    plan.augment.mosaic = 0;
    plan.augment.mixup = 0;
    plan.augment.scale_min = in_.options.closing_scale_min;
    plan.augment.scale_max = in_.options.closing_scale_max;
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
    throw_if_stopped();
    run_step();
    epoch_images_ += in_.options.batch;
    epoch_training_s_ = epoch_watch.seconds();
    report_status(false);
    progress_.advance();
    const int every = in_.options.save_every_steps;
    if (every > 0 && state_.step % every == 0 && state_.step_in_epoch < steps_per_epoch_) save_last();
  }
}

void TrainingLoop::run_step() {
  auto batch = loader_->next();
  auto& flat = replicas_->parameters();
  LossOptions options;
  options.closing = is_closing();
  options.seed = Random(in_.options.seed, fmt::format("loss/{}", state_.step)).next();
  auto loss = replicas_->step(batch, options, in_.options.precision == "bf16");
  double norm = flat.clip_gradients(in_.options.clip_norm);
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
  optimizer_->step(rate);
  flat.average_into(*average_flat_, ema_decay(in_.options.ema_width, state_.step + 1));
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
  if (is_evaluated()) {
    auto result = validate(metrics);
    if (on_validation) on_validation(state_, result);
  }
  state_.elapsed_s = metrics.elapsed_s = elapsed();
  ++state_.epoch;
  state_.step_in_epoch = 0;
  state_.loss_sum = state_.norm_sum = 0;
  state_.foreground_sum = 0;
  state_.part_sums.clear();
  epoch_wall_s_ = epoch_training_s_ + validation_watch.seconds();
  decide_epochs();
  save_last();
  folder_.append_metrics(metrics);
  report_status(true);
}

ValidationResult TrainingLoop::validate(EpochMetrics& metrics) {
  auto result = validation_->evaluate(*average_, *team_);
  state_.last_ap = result.ap();
  metrics.ap = result.ap();
  metrics.ap50 = result.ap50();
  for (std::size_t c = 0; c < data_.classes.size(); ++c)
    metrics.class_ap.emplace_back(data_.classes[c], result.precision.classes[c].numbers.ap());
  if (result.ap() > state_.best_ap || state_.best_epoch == 0) {
    state_.best_ap = result.ap();
    state_.best_epoch = state_.epoch + 1;
    state_.since_best = 0;
    save_best(result);
  } else if (is_closing()) {
    ++state_.since_best;
  }
  return result;
}

void TrainingLoop::decide_epochs() {
  const double budget = in_.options.budget_s;
  if (budget <= 0) return;
  const double usable = budget * (1 - kBudgetReserve);
  const double now = elapsed();
  // Half the run so far, half the last epoch: neighbours come and go.
  const double average_s = now / std::max(1, state_.epoch);
  const double per_epoch = (average_s + std::max(epoch_wall_s_, 0.25 * average_s)) / 2;
  if (state_.epochs == 0) {
    if (now < kDecideAfter * budget) return;
    state_.epochs = std::max(state_.epoch + 1, static_cast<int>(usable / per_epoch));
    log::info(fmt::format("the budget of {} allows {} epochs at {:.1f} s each", human_duration(budget),
                          state_.epochs, per_epoch));
  } else {
    // A slower machine than at the start shortens the run; a faster one lengthens it while the rate is still
    // flat.
    double flat_end = in_.options.schedule == "flat-cosine" ? in_.options.flat_share : 0;
    const int possible = state_.epoch + static_cast<int>((usable - now) / per_epoch);
    const bool longer = possible > state_.epochs * 1.05 && state_.epoch < flat_end * state_.epochs;
    const bool shorter = possible < state_.epochs * 0.95;
    if ((!longer && !shorter) || state_.epoch >= state_.epochs) return;
    state_.epochs = std::max(state_.epoch + 1, possible);
    log::info(fmt::format("epochs planned anew: {} ({:.1f} s each)", state_.epochs, per_epoch));
  }
  progress_.begin(in_.title, static_cast<std::int64_t>(state_.epochs) * steps_per_epoch_);
  progress_.advance(state_.step);
}

void TrainingLoop::save_last() {
  state_.elapsed_s = elapsed();
  save_checkpoint(folder_.last(), parts(), state_);
}

void TrainingLoop::save_best(const ValidationResult& result) {
  auto state = state_of(*average_);
  state.metadata = {{"format", "ds-weights-1"},
                    {"architecture", in_.options.arch},
                    {"classes", join(data_.classes, "\n")},
                    {"input_size", fmt::format("{}x{}", in_.input.width, in_.input.height)},
                    {"run", in_.run_id},
                    {"epoch", std::to_string(state_.epoch + 1)},
                    {"val_ap", shortest(result.ap())}};
  write_weights(folder_.best(), state);
}

void TrainingLoop::load_best() {
  load_into(*average_, read_weights(folder_.best()));
}

void TrainingLoop::report_status(bool force) {
  status_.epoch =
      std::min(state_.epoch + 1, std::max(1, state_.epochs > 0 ? state_.epochs : state_.epoch + 1));
  status_.epochs = state_.epochs;
  status_.step = state_.step;
  status_.steps = static_cast<std::int64_t>(state_.epochs) * steps_per_epoch_;
  status_.images_per_s = epoch_training_s_ > 0 ? epoch_images_ / epoch_training_s_ : 0;
  if (state_.last_ap >= 0) status_.ap = state_.last_ap;
  if (state_.best_epoch > 0) status_.best_ap = state_.best_ap;
  status_.best_epoch = state_.best_epoch;
  status_.elapsed_s = elapsed();
  if (in_.options.budget_s > 0 && state_.epochs == 0)
    status_.eta_s = std::max(0.0, in_.options.budget_s - elapsed());
  else if (state_.step > 0)
    status_.eta_s =
        elapsed() / static_cast<double>(state_.step) * static_cast<double>(status_.steps - state_.step);
  std::string ap =
      status_.best_ap ? fmt::format("  AP {:.3f} (best {:.3f})", *status_.ap, *status_.best_ap) : "";
  progress_.note(fmt::format("epoch {}{}  loss {:.2f}{}  {:.1f} images/s", status_.epoch,
                             state_.epochs > 0 ? fmt::format("/{}", state_.epochs) : std::string(),
                             status_.loss, ap, status_.images_per_s));
  if (!force && since_status_.seconds() < 2) return;
  since_status_.restart();
  status_.pid = static_cast<int>(getpid());
  status_.updated = utc_now();
  folder_.write_status(status_);
}

}  // namespace ds

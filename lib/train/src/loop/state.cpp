// What a run keeps, shows, and shares with its ranks: checkpoints, the best weights, the state.

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/nn/state_dict.h"
#include "loop/optimizer.h"
#include "loop/replicas.h"
#include "loop/training_loop.h"
#include "ranks/message.h"

namespace ds::detail {
namespace {

constexpr const char* kFormat = "ds-checkpoint-1";

void add_prefixed(StateDict& to, const StateDict& from, const std::string& prefix) {
  for (const auto& [name, tensor] : from.tensors) to.tensors.emplace_back(prefix + name, tensor);
}

StateDict without_prefix(const StateDict& from, const std::string& prefix) {
  StateDict part;
  for (const auto& [name, tensor] : from.tensors)
    if (name.starts_with(prefix)) part.tensors.emplace_back(name.substr(prefix.size()), tensor);
  return part;
}

/// The parts of a run that a checkpoint holds.
struct CheckpointParts {
  DetectorNet& net;
  DetectorNet& average;
  Optimizer& optimizer;
};

/// Safetensors: net/*, ema/*, optimizer/*, and the progression in the metadata. Atomic; a full disk is Busy
/// and the file of before stays.
void save_checkpoint(const std::filesystem::path& path, const CheckpointParts& parts,
                     const Progression& progression) {
  StateDict state;
  add_prefixed(state, state_of(parts.net), "net/");
  add_prefixed(state, state_of(parts.average), "ema/");
  for (const auto& [name, tensor] : parts.optimizer.state())
    state.tensors.emplace_back("optimizer/" + name, tensor);
  state.metadata = {{"format", kFormat}, {"progression", to_json_text(progression)}};
  write_weights(path, state);
}

/// Copies everything back. Throws FormatError or DataError when the file is broken or of another network.
Progression load_checkpoint(const std::filesystem::path& path, const CheckpointParts& parts) {
  auto state = read_weights(path);
  if (auto format = state.metadata_value("format"); format != kFormat)
    throw FormatError({path}, fmt::format("found format '{}', expected '{}'", format, kFormat),
                      "start a new run with --weights and this run's best.ckpt");
  load_into(parts.net, without_prefix(state, "net/"));
  load_into(parts.average, without_prefix(state, "ema/"));
  at::NoGradGuard no_grad;
  for (auto& [name, tensor] : parts.optimizer.state()) {
    const auto* stored = state.find("optimizer/" + name);
    if (stored == nullptr || stored->sizes() != tensor.sizes())
      throw FormatError({path}, fmt::format("optimiser state '{}' is missing or of another size", name));
    tensor.copy_(*stored);
  }
  return progression_from_json(state.metadata_value("progression"), path);
}

}  // namespace

void TrainingLoop::load_last() {
  if (!std::filesystem::exists(folder_.last())) return;
  try {
    state_ = load_checkpoint(folder_.last(), {replicas_->net(), *average_, *optimizer_});
  } catch (const DataError& error) {
    throw DataError(error.what(),
                    std::filesystem::exists(folder_.best())
                        ? fmt::format("its best weights are whole: start a new run with --weights {}",
                                      folder_.best().string())
                        : "start a new run");
  }
  folder_.truncate_metrics(state_.epoch);
  log::info(fmt::format("continuing at epoch {}, step {}", state_.epoch + 1, state_.step));
}

void TrainingLoop::resume() {
  ranks_.together("reading the checkpoint", [&] {
    if (ranks_.is_first()) load_last();
    return std::string();
  });
  share_state();
  replicas_->follow_first();
  elapsed_before_ = state_.elapsed_s;
}

/// Rank 0's numbers on every rank.
void TrainingLoop::share_state() {
  if (ranks_.alone()) return;
  const std::string what = "sharing the state";
  state_ = progression_from_json(ranks_.broadcast(to_json_text(state_), what), folder_.last());
  for (const auto* flat : {&replicas_->parameters(), average_flat_.get()}) {
    ranks_.broadcast(flat->values, what);
    ranks_.broadcast(flat->statistics, what);
  }
  for (const auto& [name, tensor] : optimizer_->state()) ranks_.broadcast(tensor, what);
  MessageWriter counts;  // of batches that BatchNorms have seen
  for (const auto& item : replicas_->net().named_buffers())
    if (!item.value().is_floating_point()) counts.put(item.value().item<std::int64_t>());
  const auto told = ranks_.broadcast(counts.take(), what);
  MessageReader reader(told);
  at::NoGradGuard no_grad;
  for (auto& item : replicas_->net().named_buffers())
    if (!item.value().is_floating_point()) item.value().fill_(reader.get<std::int64_t>());
}

void TrainingLoop::save_last() {
  state_.elapsed_s = elapsed();
  save_checkpoint(folder_.last(), {replicas_->net(), *average_, *optimizer_}, state_);
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
  ranks_.together("reading the best weights", [&] {
    if (ranks_.is_first()) load_into(*average_, read_weights(folder_.best()));
    return std::string();
  });
  ranks_.broadcast(average_flat_->values, "sharing the best weights");
  ranks_.broadcast(average_flat_->statistics, "sharing the best weights");
}

ValidationResult TrainingLoop::score(const std::vector<TrainImage>& images, const Dataset& truth) {
  ValidationSet set(images, truth, architecture_.preprocessing, in_.input);
  return set.evaluate(*average_, *team_, ranks_);
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

}  // namespace ds::detail

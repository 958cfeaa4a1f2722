// What a run keeps and what its ranks share: checkpoints, the best weights, the state.

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/nn/state_dict.h"
#include "training_loop.h"

namespace ds {

void TrainingLoop::load_last() {
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
  folder_.truncate_metrics(state_.epoch);
  log::info(fmt::format("continuing at epoch {}, step {}", state_.epoch + 1, state_.step));
}

void TrainingLoop::resume() {
  ranks_.together("reading the checkpoint", [&] {
    if (ranks_.is_first()) load_last();
    return std::string();
  });
  share_state();
  replicas_->spread_statistics();
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
  ranks_.together("reading the best weights", [&] {
    if (ranks_.is_first()) load_into(*average_, read_weights(folder_.best()));
    return std::string();
  });
  ranks_.broadcast(average_flat_->values, "sharing the best weights");
  ranks_.broadcast(average_flat_->statistics, "sharing the best weights");
}

ValidationResult TrainingLoop::score(const std::vector<TrainImage>& images, const Dataset& truth) {
  ValidationSet set(images, truth, spec_, in_.input);
  return set.evaluate(*average_, *team_, ranks_);
}

}  // namespace ds

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ds/nn/detector_net.h"
#include "optimizer.h"

namespace ds {

/// Where a run stands between two steps, beside the tensors. Numbers are kept to the last bit.
struct Progression {
  int epoch = 0;          // under way, 0-based
  int step_in_epoch = 0;  // the next one
  std::int64_t step = 0;  // done so far
  int epochs = 0;         // planned; 0 while a budget has not decided
  double best_ap = -1;
  int best_epoch = 0;  // 1-based; 0: none yet
  int since_best = 0;  // validations without progress in the closing part
  double last_ap = -1;
  std::vector<double> recent_ap;  // of the last three validations, oldest first
  double best_mean_ap = -1;       // best mean of three
  int since_progress = 0;         // validations since it rose
  bool shortened = false;         // the falling part was brought forward; the epochs stay as they are
  double elapsed_s = 0;
  // Sums over the steps of this epoch so far, for its line in metrics.jsonl.
  double loss_sum = 0;
  double norm_sum = 0;
  std::int64_t foreground_sum = 0;
  std::vector<std::pair<std::string, double>> part_sums;
  // fp16 only: what the loss is multiplied by, and the steps since it last changed.
  double loss_scale = 65'536;
  int steps_at_scale = 0;
};

/// As JSON, every number to the last bit.
std::string to_json_text(const Progression& progression);
/// Throws FormatError naming `path`.
Progression progression_from_json(const std::string& text, const std::filesystem::path& path);

/// The parts of a run that a checkpoint holds.
struct CheckpointParts {
  DetectorNet& net;
  DetectorNet& average;
  Optimizer& optimizer;
};

/// Safetensors: net/*, ema/*, optimizer/*, and the progression in the metadata. Atomic; a full disk is Busy
/// and the file of before stays.
void save_checkpoint(const std::filesystem::path& path, const CheckpointParts& parts,
                     const Progression& progression);
/// Copies everything back. Throws FormatError or DataError when the file is broken or of another network.
Progression load_checkpoint(const std::filesystem::path& path, const CheckpointParts& parts);

}  // namespace ds

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "loop/loss_scale.h"
#include "loop/run_length.h"

namespace ds::detail {

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
  ApTrend trend;
  bool shortened = false;  // the falling part was brought forward; the epochs stay as they are
  double elapsed_s = 0;
  // Sums over the steps of this epoch so far, for its line in metrics.jsonl.
  double loss_sum = 0;
  double norm_sum = 0;
  std::int64_t foreground_sum = 0;
  std::vector<std::pair<std::string, double>> part_sums;
  LossScale loss_scale;  // fp16 only
};

/// As JSON, every number to the last bit.
std::string to_json_text(const Progression& progression);
/// Throws FormatError naming `path`.
Progression progression_from_json(const std::string& text, const std::filesystem::path& path);

}  // namespace ds::detail

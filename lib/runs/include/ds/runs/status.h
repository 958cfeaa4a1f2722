#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "ds/project/run_store.h"

namespace ds {

/// What status.json says about a run while it goes on; rewritten whole every two seconds and at every epoch.
struct RunStatus {
  std::string run;
  RunState state = RunState::running;
  std::string title;  // "yolox-nano 416x320"
  std::string message;
  int pid = 0;
  int epoch = 0;   // the one under way, from 1
  int epochs = 0;  // 0 while a budget has not decided yet
  std::int64_t step = 0;
  std::int64_t steps = 0;
  double loss = 0;
  double learning_rate = 0;
  double images_per_s = 0;
  std::optional<double> ap = std::nullopt;  // last validation
  std::optional<double> best_ap = std::nullopt;
  int best_epoch = 0;
  double elapsed_s = 0;
  std::optional<double> eta_s = std::nullopt;
  std::string updated;
};

std::string to_json_text(const RunStatus& status);
/// Throws FormatError naming `file`.
RunStatus run_status_from_json(const std::string& text, const std::filesystem::path& file);

}  // namespace ds

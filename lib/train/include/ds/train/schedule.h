#pragma once

#include <cstdint>
#include <string>

namespace ds {

/// The learning rate over a run as a factor on its peak. Plain numbers: the same on every machine.
struct ScheduleOptions {
  /// "cosine": falls from the first step after warm-up. "flat-cosine": stays at the peak for `flat_share` of
  /// the run, then falls (RTMDet, arXiv 2212.07784, section 4).
  std::string kind = "flat-cosine";
  std::int64_t total_steps = 1;
  std::int64_t warmup_steps = 0;  // from 0 to the peak, quadratic as in YOLOX
  double flat_share = 0.5;        // of total_steps, warm-up included; flat-cosine only
  std::int64_t closing_steps =
      0;  // the last steps stay at final_factor (YOLOX's no-augmentation epochs); 0: none
  double final_factor = 0.05;  // where the cosine ends
};

/// @param step 0-based; steps at or after total_steps give final_factor
double learning_rate_factor(const ScheduleOptions& options, std::int64_t step);

/// The weight that the running average keeps at step `step` (1-based): (1 - 1/step)^(gamma + 1), Karras et
/// al. 2024 (arXiv 2312.02696, section 3.1). The window is a fixed share of the steps done so far, so the
/// ramp fits a run of any length. @param relative_width standard deviation of the window over its age, 0 < w
/// < 0.29; 0: no averaging
double ema_decay(double relative_width, std::int64_t step);

}  // namespace ds

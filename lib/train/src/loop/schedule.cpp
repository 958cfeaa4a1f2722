#include "ds/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ds {
namespace {

/// The power gamma whose averaging window has this relative width: the root of
/// w^2 = (g + 1) / ((g + 2)^2 (g + 3)), which falls as g grows (arXiv 2312.02696, equation 123).
double gamma_of(double relative_width) {
  double low = 0;
  double high = 1e7;
  for (int i = 0; i < 200; ++i) {
    double g = (low + high) / 2;
    double width = std::sqrt((g + 1) / ((g + 2) * (g + 2) * (g + 3)));
    (width > relative_width ? low : high) = g;
  }
  return (low + high) / 2;
}

}  // namespace

double learning_rate_factor(const ScheduleOptions& options, std::int64_t step) {
  if (step < options.warmup_steps) {
    double x = static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
    return x * x;
  }
  auto start = options.warmup_steps;
  if (options.kind == "flat-cosine")
    start = std::max(
        start, static_cast<std::int64_t>(options.flat_share * static_cast<double>(options.total_steps)));
  auto end = std::max(start + 1, options.total_steps - options.closing_steps);
  if (step < start) return 1;
  if (step >= end) return options.final_factor;
  double x = static_cast<double>(step - start) / static_cast<double>(end - start);
  return options.final_factor + (1 - options.final_factor) * 0.5 * (1 + std::cos(std::numbers::pi * x));
}

double ema_decay(double relative_width, std::int64_t step) {
  if (relative_width <= 0 || step <= 1) return 0;
  static thread_local double cached_width = -1;
  static thread_local double cached_gamma = 0;
  if (cached_width != relative_width) {
    cached_gamma = gamma_of(relative_width);
    cached_width = relative_width;
  }
  return std::pow(1 - 1 / static_cast<double>(step), cached_gamma + 1);
}

}  // namespace ds

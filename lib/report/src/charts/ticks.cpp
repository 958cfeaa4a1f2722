#include "charts/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ds::detail {

namespace {

constexpr int kMostDecimals = 4;  // beyond, 0.00002 is read more easily as 2e-05

/// The smallest of 1, 2, 5, 10, 20 ... times a power of ten that is at least `wanted`.
double nice_step(double wanted) {
  const double power = std::pow(10.0, std::floor(std::log10(wanted)));
  for (double factor : {1.0, 2.0, 5.0})
    if (factor * power >= wanted * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

std::string tick_text(double value, double step) {
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  if (value == 0) return "0";
  if (decimals > kMostDecimals || std::abs(value) >= 1e6) return fmt::format("{:.3g}", value);
  return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace

Ticks nice_ticks(double low, double high, int most) {
  if (!(high > low)) {
    // One value only: some room around it.
    const double room = low == 0 ? 1 : std::abs(low) / 2;
    low -= room;
    high += room;
  }
  most = std::max(2, most);
  // Rounding outwards may need a step more than the range alone: then the next nicer step.
  double step = nice_step((high - low) / most);
  auto first = static_cast<long long>(std::floor(low / step + 1e-9));
  auto last = static_cast<long long>(std::ceil(high / step - 1e-9));
  while (last - first > most) {
    step = nice_step(step * 1.5);
    first = static_cast<long long>(std::floor(low / step + 1e-9));
    last = static_cast<long long>(std::ceil(high / step - 1e-9));
  }
  Ticks ticks;
  for (auto i = first; i <= last; ++i) {
    ticks.values.push_back(static_cast<double>(i) * step);
    ticks.texts.push_back(tick_text(ticks.values.back(), step));
  }
  ticks.low = ticks.values.front();
  ticks.high = ticks.values.back();
  return ticks;
}

std::vector<std::size_t> label_ticks(std::size_t labels, std::size_t most) {
  std::vector<std::size_t> positions;
  if (labels == 0) return positions;
  most = std::max<std::size_t>(2, most);
  const auto step =
      labels <= most
          ? std::size_t{1}
          : static_cast<std::size_t>(nice_step(static_cast<double>(labels) / static_cast<double>(most)));
  // 1, 10, 20 ...: labels mostly count from 1.
  positions.push_back(0);
  for (auto i = step == 1 ? std::size_t{1} : step - 1; i < labels; i += step)
    if (i > 0) positions.push_back(i);
  return positions;
}

}  // namespace ds::detail

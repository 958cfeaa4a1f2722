#include "ds/report/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace ds {

namespace {

constexpr int kLevels = 8;
constexpr std::array<const char*, kLevels> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<const char*, kLevels> kAscii = {".", ":", "-", "=", "+", "*", "#", "@"};

/// At most `width` numbers, each the mean of its group.
std::vector<double> grouped(const std::vector<double>& values, std::size_t width) {
  if (values.size() <= width) return values;
  std::vector<double> means;
  for (std::size_t i = 0; i < width; ++i) {
    auto first = values.begin() + static_cast<std::ptrdiff_t>(i * values.size() / width);
    auto last = values.begin() + static_cast<std::ptrdiff_t>((i + 1) * values.size() / width);
    means.push_back(std::accumulate(first, last, 0.0) / static_cast<double>(last - first));
  }
  return means;
}

}  // namespace

std::string sparkline(const std::vector<double>& values, std::size_t width, bool unicode) {
  std::vector<double> finite;
  for (auto value : values)
    if (std::isfinite(value)) finite.push_back(value);
  if (finite.empty() || width == 0) return {};
  auto heights = grouped(finite, width);
  auto [low, high] = std::minmax_element(heights.begin(), heights.end());
  const double range = *high - *low;
  std::string line;
  for (auto height : heights) {
    const double share = range > 0 ? (height - *low) / range : 0.5;
    auto level = std::clamp(static_cast<int>(share * kLevels), 0, kLevels - 1);
    line += (unicode ? kBlocks : kAscii)[static_cast<std::size_t>(level)];
  }
  return line;
}

}  // namespace ds

#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

/// What the checks of the data and the choice of sizes share.
namespace ds::detail {

/// A finding names this many images; it counts the others.
constexpr std::size_t kMostNames = 5;

/// The upper of the two in the middle when their count is even. @param values not empty
inline double median(std::vector<double> values) {
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace ds::detail

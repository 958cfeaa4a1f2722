#pragma once

#include <string>
#include <vector>

namespace ds::detail {

/// Where an axis begins and ends, and what stands beside it.
struct Ticks {
  double low = 0;
  double high = 1;
  std::vector<double> values;
  std::vector<std::string> texts;  // as many as values
};

/// Multiples of 1, 2 or 5 times a power of ten that cover low..high, at most `most` (at least 2) steps.
Ticks nice_ticks(double low, double high, int most);

/// Positions among labels to write, in order: the first, and then every n-th that leaves at most `most`.
std::vector<std::size_t> label_ticks(std::size_t labels, std::size_t most);

}  // namespace ds::detail

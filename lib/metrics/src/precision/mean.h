#pragma once

namespace ds::detail {

/// Mean of what is there: negative values are not; -1 when nothing is.
struct Mean {
  double sum = 0;
  int count = 0;
  void add(double value) {
    if (value < 0) return;
    sum += value;
    ++count;
  }
  double value() const { return count ? sum / count : -1; }
};

}  // namespace ds::detail

#pragma once

#include <cstdint>

#include "ds/metrics/matching.h"

/// What everything that computes average precision from a matching shares.
namespace ds::detail {

/// A bit of every IoU threshold, as in Match::hit.
inline constexpr std::uint16_t kAllIous = (1u << kIouCount) - 1;

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

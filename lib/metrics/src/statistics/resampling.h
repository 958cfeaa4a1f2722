#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "ds/base/parallel.h"
#include "ds/metrics/matching.h"
#include "statistics/resampled_precision.h"

/// What the bootstrap and the randomisation test share.
namespace ds::detail {

/// Images that are drawn or exchanged together.
struct ResamplingGroups {
  std::vector<std::size_t> of_image;  // by position in TruthTable::images
  std::size_t count = 0;
};

/// Numbered by ascending image id, so that the order of a file does not change what a seed draws. An image
/// without a group is one by itself.
ResamplingGroups resampling_groups(const TruthTable& truth);

/// Calls `work(i)` for i = 0 ... count - 1 on `threads` threads; throws what one of them threw.
inline void for_each_resample(int count, int threads, const std::function<void(std::size_t)>& work) {
  for_each_index(static_cast<std::size_t>(count), threads, work);
}

}  // namespace ds::detail

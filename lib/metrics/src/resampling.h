#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "ds/metrics/matching.h"

/// What the bootstrap and the randomisation test share.
namespace ds {

/// Images that are drawn or exchanged together.
struct ResamplingGroups {
  std::vector<std::size_t> of_image;  // by position in TruthTable::images
  std::size_t count = 0;
};

/// Numbered by ascending image id, so that the order of a file does not change what a seed draws. An image
/// without a group is one by itself.
ResamplingGroups resampling_groups(const TruthTable& truth);

/// Calls `work(i)` for i = 0 ... count - 1 on `threads` threads; throws what one of them threw.
void for_each_resample(int count, int threads, const std::function<void(std::size_t)>& work);

/// AP alone of a resample; -1 without objects.
double resampled_ap(const Matching& matching, std::span<const std::int32_t> weights);

}  // namespace ds

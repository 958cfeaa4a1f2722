#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ds/metrics/matching.h"

namespace ds::detail {

/// Positions of the matches by falling score; equal scores stay in their order.
std::vector<std::int32_t> by_falling_score(std::span<const Match> matches);

}  // namespace ds::detail

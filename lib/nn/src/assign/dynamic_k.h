#pragma once

#include <cstddef>
#include <vector>

#include "assign/assignment.h"

/// The last step of SimOTA and of dynamic soft label assignment.
namespace ds::detail {

constexpr float kUnreachable = 1e9F;  // the cost of a pair that may not be, and of anything not a number

/// Objects x candidates, row-major.
struct PairTable {
  std::vector<float> cost;  // at most kUnreachable
  std::vector<float> iou;
  std::size_t objects = 0;
  std::size_t candidates = 0;
};

/// Each object gets k = max(1, floor(sum of its `top` best IoUs)) of its reachable candidates at the
/// lowest cost; a candidate that several objects want goes to the one at the lowest cost there. Ties fall
/// to the lower index.
/// @param anchors the anchor of each candidate
/// @return in the order of the candidates, each at most once
std::vector<Assignment> match_dynamic_k(const PairTable& table, const std::vector<int>& anchors, int top);

}  // namespace ds::detail

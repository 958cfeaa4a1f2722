#pragma once

#include <cstddef>
#include <vector>

#include "ds/geometry/box.h"

namespace ds {

struct ScoredBox {
  Box box;
  double score = 0;
  int class_idx = 0;
};

/// Greedy class-wise non-maximum suppression: going down the scores (ties: earlier first), a box is dropped
/// when its IoU with a kept box of its class is greater than `iou_threshold`.
/// @return indices of the kept boxes by falling score, at most `max_count` (0: all)
std::vector<std::size_t> class_wise_nms(const std::vector<ScoredBox>& boxes, double iou_threshold,
                                        std::size_t max_count = 0);

}  // namespace ds

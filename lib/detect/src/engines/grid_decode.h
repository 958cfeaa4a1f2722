#pragma once

#include <cstddef>
#include <vector>

#include "ds/geometry/nms.h"

namespace ds::detail {

/// How many cells an anchor-free head with strides 8, 16, 32 has at this input.
std::size_t grid_cells(int height, int width);

/// One image's rows of a YOLOX export, [A,5+C]: dx dy dw dh, objectness, class scores; boxes in cells,
/// sizes as logarithms. One box in input pixels for every cell and class where objectness * class is
/// greater than the threshold.
std::vector<ScoredBox> decode_grid(const float* rows, int num_classes, int height, int width,
                                   double score_threshold);

}  // namespace ds::detail

#pragma once

#include <vector>

namespace ds::detail {

/// One cell of an anchor-free head: its column, its row, and the input pixels per cell.
struct AnchorPoint {
  float column = 0;
  float row = 0;
  float stride = 0;
};

/// Cells of all levels, row by row, in the order of `strides`: (H/8 * W/8) cells, then (H/16 * W/16) ...
std::vector<AnchorPoint> anchor_points(int input_height, int input_width, const std::vector<int>& strides);

}  // namespace ds::detail

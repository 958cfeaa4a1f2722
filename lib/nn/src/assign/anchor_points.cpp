#include "assign/anchor_points.h"

namespace ds::detail {

std::vector<AnchorPoint> anchor_points(int input_height, int input_width, const std::vector<int>& strides) {
  std::vector<AnchorPoint> points;
  for (int stride : strides) {
    for (int row = 0; row < input_height / stride; ++row) {
      for (int column = 0; column < input_width / stride; ++column) {
        points.push_back({static_cast<float>(column), static_cast<float>(row), static_cast<float>(stride)});
      }
    }
  }
  return points;
}

}  // namespace ds::detail

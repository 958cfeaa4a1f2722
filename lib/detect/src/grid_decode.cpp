#include "grid_decode.h"

#include <algorithm>
#include <cmath>

namespace ds {
namespace {

constexpr int kStrides[] = {8, 16, 32};

}  // namespace

std::size_t grid_cells(int height, int width) {
  std::size_t cells = 0;
  for (int stride : kStrides)
    cells += static_cast<std::size_t>(height / stride) * static_cast<std::size_t>(width / stride);
  return cells;
}

std::vector<ScoredBox> decode_grid(const float* rows, int num_classes, int height, int width,
                                   double score_threshold) {
  std::vector<ScoredBox> found;
  const float* values = rows;
  for (int stride : kStrides) {
    for (int row = 0; row < height / stride; ++row) {
      for (int column = 0; column < width / stride; ++column, values += 5 + num_classes) {
        const float* best = std::max_element(values + 5, values + 5 + num_classes);
        float score = values[4] * *best;
        if (!(score > score_threshold)) continue;
        double side = stride;
        found.push_back({cxcywh_to_xyxy((values[0] + column) * side, (values[1] + row) * side,
                                        std::exp(static_cast<double>(values[2])) * side,
                                        std::exp(static_cast<double>(values[3])) * side),
                         score, static_cast<int>(best - (values + 5))});
      }
    }
  }
  return found;
}

}  // namespace ds

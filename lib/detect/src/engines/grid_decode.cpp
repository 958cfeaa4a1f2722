#include "engines/grid_decode.h"

#include <cmath>

namespace ds::detail {
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
        if (!(values[4] > score_threshold)) continue;  // class scores are at most 1
        double side = stride;
        auto box = cxcywh_to_xyxy((values[0] + column) * side, (values[1] + row) * side,
                                  std::exp(static_cast<double>(values[2])) * side,
                                  std::exp(static_cast<double>(values[3])) * side);
        for (int c = 0; c < num_classes; ++c) {
          float score = values[4] * values[5 + c];
          if (score > score_threshold) found.push_back({box, score, c});
        }
      }
    }
  }
  return found;
}

}  // namespace ds::detail

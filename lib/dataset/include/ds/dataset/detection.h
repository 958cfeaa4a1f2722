#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ds/geometry/box.h"

namespace ds {

/// One object a model found, in the displayed image's pixel-edge coordinates.
struct Detection {
  int class_idx = 0;
  double score = 0;
  Box box;
  bool operator==(const Detection&) const = default;
};

/// What a model found on one image, by falling score.
struct ImageDetections {
  std::int64_t image_id = 0;
  std::string image_name;
  std::vector<Detection> detections;
};

}  // namespace ds

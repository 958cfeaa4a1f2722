#pragma once

#include <cstddef>
#include <vector>

#include "ds/curation/image_looks.h"

namespace ds::detail {

/// Two images (indices, a < b) that show the same.
struct LookAlikes {
  std::size_t a = 0, b = 0;
  int distance = 0;  // of the perceptual hashes
  bool same_pixels = false;
};

/// All pairs of images that look alike, or with `exact` only those whose decoded pixels are the same.
/// By a, then b.
std::vector<LookAlikes> find_look_alikes(const std::vector<Image>& images, ImageLooks& looks, int distance,
                                         bool exact, Progress& progress);

}  // namespace ds::detail

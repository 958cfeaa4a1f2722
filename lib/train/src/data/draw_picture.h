#pragma once

#include <opencv2/core.hpp>

#include "data/affine.h"
#include "ds/train/augment.h"

namespace ds::detail {

/// Draws a picture into `target` (8-bit BGR) through about `map` (picture pixels to target pixels) and
/// returns the map its pixels really took, which boxes must follow. What it does not cover stays as it is.
/// Without rotation and shear a whole rectangle of pixels is resized onto a whole rectangle, several times
/// faster than a warp; edges then move by at most half a pixel.
Affine draw_picture(const Picture& picture, const Affine& map, cv::Mat& target);

}  // namespace ds::detail

#pragma once

#include "ds/geometry/shape.h"

namespace ds::detail {

/// A shape drawn on the stored picture, in the coordinates of the displayed one.
Shape raw_to_displayed(const Shape& shape, int raw_width, int raw_height, int orientation);

}  // namespace ds::detail

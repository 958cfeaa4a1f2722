#pragma once

#include <vector>

#include "ds/geometry/shape.h"

namespace ds::detail {

/// The border between a mask's set and clear pixels as closed rings on the pixel edges, set pixels to the
/// right of each edge (clockwise around a part, counter-clockwise around a hole). Pixels that touch only at a
/// corner belong to different rings. Straight runs are one edge.
std::vector<Ring> mask_outline(const RunLengthMask& mask);

}  // namespace ds::detail

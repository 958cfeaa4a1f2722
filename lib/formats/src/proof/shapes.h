#pragma once

#include <optional>
#include <string>

#include "ds/geometry/shape.h"

/// Two shapes of one object, before it was written and after it was read.
namespace ds::detail {

/// The largest difference of a coordinate in pixels; nothing when they are of different kinds or sizes. A
/// rotated box without rotation is a box, and so are key points of which none is labelled; a rotated box is
/// found where its four corners were.
std::optional<double> shape_error(const Shape& expected, const Shape& found);

/// True when `found` is what a format makes of a shape it cannot hold: its bounding box, its outline (also
/// with the rings joined to one), pixels that cover it, a rotated box or quadrangle around
/// it, or the same key points with another box.
bool stands_for(const Shape& expected, const Shape& found, double slack);

/// `box [1, 2, 3, 4]`, `polygon of 2 rings within [..]`.
std::string describe(const Shape& shape);

}  // namespace ds::detail

#pragma once

#include <optional>

#include "ds/geometry/shape.h"

namespace ds {

/// The part of a shape inside [0,width] x [0,height], or nothing when none is left. Boxes and outlines are
/// cut exactly; a rotated box or ellipse that reaches outside becomes the outline of what is left; key points
/// outside become unlabelled and their box is cut; a polyline keeps its pieces' points inside, those outside
/// move to where it crosses the edge. Masks cannot reach outside.
std::optional<Shape> clipped_shape(const Shape& shape, double width, double height);

/// One ring cut by the four edges (Sutherland and Hodgman); empty when nothing is left.
Ring clipped_ring(const Ring& ring, double width, double height);

}  // namespace ds

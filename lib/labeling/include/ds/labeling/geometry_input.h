#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/image.h"

/// Shapes as people type them, checked against the picture they belong to.
namespace ds {

/// A shape as flags give it; exactly one of the three texts.
struct ShapeInput {
  std::string box = {};          // "x,y,w,h": left top corner and sides
  std::string rotated_box = {};  // "cx,cy,w,h,degrees": clockwise on the screen about the centre
  std::string polygon = {};      // "x,y x,y x,y"; rings are separated by ';'
  bool normalized = false;  // lengths are shares of the image's width (x, w) and height (y, h), not pixels
  bool clip = false;        // cut at the image's border instead of refusing

  bool empty() const { return box.empty() && rotated_box.empty() && polygon.empty(); }
};

/// The shape in pixels, or nothing when no text is given. Throws UsageError: two shapes, not numbers, a side
/// that is not positive, outside the image.
std::optional<Shape> parse_shape(const ShapeInput& input, const Image& image);

/// What is wrong with the shape on a picture of this size, or nothing: numbers that are not finite, sides or
/// areas that are not positive, a ring of fewer than 3 points, vertices outside the picture (by more than
/// 1e-6 pixels, the room that rounding needs).
std::optional<std::string> shape_problem(const Shape& shape, int width, int height);

/// clipped_shape, and vertices that rounding left a hair outside put on the border. Throws UsageError when
/// nothing is left.
Shape clip_shape(const Shape& shape, int width, int height);

}  // namespace ds

#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ds/geometry/box.h"
#include "ds/geometry/run_length_mask.h"

namespace ds {

struct Point {
  double x = 0;
  double y = 0;
  bool operator==(const Point&) const = default;
};

/// Centre, sides, and degrees clockwise on the screen (y down) about the centre.
struct RotatedBox {
  double cx = 0;
  double cy = 0;
  double width = 0;
  double height = 0;
  double angle_deg = 0;
  /// Clockwise from the corner that is top-left at angle 0.
  std::vector<Point> corners() const;
  bool operator==(const RotatedBox&) const = default;
};

using Ring = std::vector<Point>;

/// The union of its rings' insides (COCO's parts: no holes), rings not closed by a repeated point.
struct Polygon {
  std::vector<Ring> rings;
  bool operator==(const Polygon&) const = default;
};

/// Key points with COCO's visibility: 0 not labelled, 1 occluded, 2 visible.
struct KeyPoints {
  std::vector<Point> points;
  std::vector<int> visibility;
  Box box;  // COCO keeps the person's box beside the points
  bool operator==(const KeyPoints&) const = default;
};

struct Polyline {
  std::vector<Point> points;
  bool operator==(const Polyline&) const = default;
};

/// Centre, half axes, and degrees clockwise on the screen (y down) about the centre.
struct Ellipse {
  double cx = 0;
  double cy = 0;
  double rx = 0;
  double ry = 0;
  double angle_deg = 0;
  bool operator==(const Ellipse&) const = default;
};

using Shape = std::variant<Box, RotatedBox, Polygon, RunLengthMask, KeyPoints, Polyline, Ellipse>;

/// "box", "rotated-box", "polygon", "mask", "points", "polyline", "ellipse".
std::string kind_name(const Shape& shape);
/// The smallest upright box around the shape: min/max of the vertices, no rounding.
Box bounding_box(const Shape& shape);
/// The smallest box around points; all zero without any.
Box box_around(const std::vector<Point>& points);
/// Shoelace area of polygons, count of mask pixels, w*h of boxes, pi*rx*ry of ellipses; 0
/// for points and polylines.
double area_of(const Shape& shape);
/// Shoelace area of one ring, always >= 0.
double ring_area(const Ring& ring);
/// The shape's border as rings: a box's corners clockwise from the top left, an ellipse as 64 points on it
/// starting on its rx axis, a mask as the staircase around its pixels. Empty for points and polylines.
std::vector<Ring> outline_of(const Shape& shape);

/// The shape as compact JSON for the project's index: {"box":[x0,y0,x1,y1]}, {"rotated_box":[cx,cy,w,h,deg]},
/// {"polygon":[[x,y,...],...]}, {"mask":{"size":[h,w],"counts":"..."}}, {"points":[x,y,v,...],"box":[...]},
/// {"polyline":[x,y,...]}, {"ellipse":[cx,cy,rx,ry,deg]}. Numbers keep every digit; the round trip is exact.
std::string shape_to_json(const Shape& shape);
/// Throws DataError on anything else.
Shape shape_from_json(const std::string& text);

}  // namespace ds

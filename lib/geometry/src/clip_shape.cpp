#include "ds/geometry/clip_shape.h"

#include <algorithm>

namespace ds {

namespace {

// How far a point is on the inner side of an edge: 0 left, 1 top, 2 right, 3 bottom.
double inside(const Point& p, int edge, double width, double height) {
  switch (edge) {
    case 0:
      return p.x;
    case 1:
      return p.y;
    case 2:
      return width - p.x;
    default:
      return height - p.y;
  }
}

Point crossing(const Point& a, const Point& b, double inside_a, double inside_b) {
  double share = inside_a / (inside_a - inside_b);
  return {a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)};
}

std::vector<Point> cut(const std::vector<Point>& points, int edge, double width, double height, bool closed) {
  std::vector<Point> kept;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto& point = points[i];
    double here = inside(point, edge, width, height);
    if (closed || i > 0) {
      const auto& before = points[(i + points.size() - 1) % points.size()];
      double there = inside(before, edge, width, height);
      if ((here >= 0) != (there >= 0)) kept.push_back(crossing(before, point, there, here));
    }
    if (here >= 0) kept.push_back(point);
  }
  return kept;
}

std::vector<Point> cut_all(std::vector<Point> points, double width, double height, bool closed) {
  for (int edge = 0; edge < 4; ++edge) points = cut(points, edge, width, height, closed);
  // What crossing two edges leaves beside a corner by rounding.
  for (auto& point : points) point = {std::clamp(point.x, 0.0, width), std::clamp(point.y, 0.0, height)};
  return points;
}

std::optional<Shape> clipped_rings(const std::vector<Ring>& rings, double width, double height) {
  Polygon result;
  for (const auto& ring : rings) {
    auto left = clipped_ring(ring, width, height);
    if (!left.empty()) result.rings.push_back(std::move(left));
  }
  if (result.rings.empty()) return std::nullopt;
  return result;
}

std::optional<Shape> clipped_points(KeyPoints points, double width, double height) {
  const auto box = clipped(points.box, width, height);
  if (box != points.box && !is_proper(box)) return std::nullopt;
  points.box = box;
  for (std::size_t i = 0; i < points.points.size(); ++i) {
    auto& p = points.points[i];
    if (p.x >= 0 && p.y >= 0 && p.x <= width && p.y <= height) continue;
    p = {0, 0};
    points.visibility.resize(points.points.size(), 2);
    points.visibility[i] = 0;
  }
  return points;
}

}  // namespace

Ring clipped_ring(const Ring& ring, double width, double height) {
  auto left = cut_all(ring, width, height, true);
  return ring_area(left) > 0 ? left : Ring();
}

std::optional<Shape> clipped_shape(const Shape& shape, double width, double height) {
  if (const auto* points = std::get_if<KeyPoints>(&shape)) return clipped_points(*points, width, height);
  auto box = bounding_box(shape);
  if (box.x0 >= 0 && box.y0 >= 0 && box.x1 <= width && box.y1 <= height) return shape;
  if (const auto* line = std::get_if<Polyline>(&shape)) {
    auto left = cut_all(line->points, width, height, false);
    if (left.size() < 2) return std::nullopt;
    return Polyline{std::move(left)};
  }
  if (std::holds_alternative<Box>(shape)) {
    auto left = clipped(box, width, height);
    if (!is_proper(left)) return std::nullopt;
    return left;
  }
  if (std::holds_alternative<RunLengthMask>(shape)) return shape;
  return clipped_rings(outline_of(shape), width, height);
}

}  // namespace ds

#include "proof/shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/text.h"

namespace ds::detail {

namespace {

using Error = std::optional<double>;

double error_of(const Box& a, const Box& b) {
  return std::max(
      {std::abs(a.x0 - b.x0), std::abs(a.y0 - b.y0), std::abs(a.x1 - b.x1), std::abs(a.y1 - b.y1)});
}

Error error_of(const std::vector<Point>& a, const std::vector<Point>& b) {
  if (a.size() != b.size()) return std::nullopt;
  double error = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    error = std::max({error, std::abs(a[i].x - b[i].x), std::abs(a[i].y - b[i].y)});
  return error;
}

Error error_of(const std::vector<Ring>& a, const std::vector<Ring>& b) {
  if (a.size() != b.size()) return std::nullopt;
  double error = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto one = error_of(a[i], b[i]);
    if (!one) return std::nullopt;
    error = std::max(error, *one);
  }
  return error;
}

// Points nobody labelled have no place.
Error error_of(const KeyPoints& a, const KeyPoints& b) {
  if (a.visibility != b.visibility || a.points.size() != b.points.size()) return std::nullopt;
  double error = error_of(a.box, b.box);
  for (std::size_t i = 0; i < a.points.size(); ++i)
    if (a.visibility[i] > 0)
      error =
          std::max({error, std::abs(a.points[i].x - b.points[i].x), std::abs(a.points[i].y - b.points[i].y)});
  return error;
}

Shape plain(const Shape& shape) {
  if (const auto* points = std::get_if<KeyPoints>(&shape))
    if (std::all_of(points->visibility.begin(), points->visibility.end(), [](int v) { return v == 0; }))
      return points->box;
  const auto* rotated = std::get_if<RotatedBox>(&shape);
  if (rotated == nullptr || std::fmod(rotated->angle_deg, 360) != 0) return shape;
  return cxcywh_to_xyxy(rotated->cx, rotated->cy, rotated->width, rotated->height);
}

std::vector<Point> points_of(const Shape& shape) {
  if (const auto* line = std::get_if<Polyline>(&shape)) return line->points;
  std::vector<Point> points;
  if (const auto* keys = std::get_if<KeyPoints>(&shape)) {
    for (std::size_t i = 0; i < keys->points.size(); ++i)
      if (keys->visibility[i] > 0) points.push_back(keys->points[i]);
    return points;
  }
  for (const auto& ring : outline_of(shape)) points.insert(points.end(), ring.begin(), ring.end());
  return points;
}

// Of a rotated box, or an outline of four points that turns clockwise or counter-clockwise all the way.
bool encloses(const Shape& shape, const std::vector<Point>& points, double slack) {
  auto rings = outline_of(shape);
  if (rings.size() != 1 || rings[0].size() != 4) return false;
  const auto& ring = rings[0];
  double twice_area = 0;
  for (std::size_t i = 0; i < 4; ++i)
    twice_area += ring[i].x * ring[(i + 1) % 4].y - ring[(i + 1) % 4].x * ring[i].y;
  double turn = twice_area < 0 ? -1 : 1;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& a = ring[i];
    const auto& b = ring[(i + 1) % 4];
    double length = std::max(1e-12, std::hypot(b.x - a.x, b.y - a.y));
    for (const auto& p : points)
      if (turn * ((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)) / length < -slack) return false;
  }
  return true;
}

std::string text_of(const Box& box) {
  return fmt::format("[{}, {}, {}, {}]", shortest(box.x0), shortest(box.y0), shortest(box.x1),
                     shortest(box.y1));
}

}  // namespace

std::optional<double> shape_error(const Shape& expected, const Shape& found) {
  auto a = plain(expected);
  auto b = plain(found);
  // Without area it is all the same what it is.
  if (const auto* box = std::get_if<Box>(&a); box && !is_proper(*box)) return error_of(*box, bounding_box(b));
  const auto* quad = std::get_if<Polygon>(&expected);
  if (const auto* fitted = std::get_if<RotatedBox>(&found); fitted && quad)
    return error_of(quad->rings, {fitted->corners()});
  if (a.index() != b.index()) return std::nullopt;
  if (const auto* box = std::get_if<Box>(&a)) return error_of(*box, std::get<Box>(b));
  if (const auto* rotated = std::get_if<RotatedBox>(&a))
    return error_of(rotated->corners(), std::get<RotatedBox>(b).corners());
  if (const auto* polygon = std::get_if<Polygon>(&a))
    return error_of(polygon->rings, std::get<Polygon>(b).rings);
  if (const auto* points = std::get_if<KeyPoints>(&a)) return error_of(*points, std::get<KeyPoints>(b));
  if (const auto* line = std::get_if<Polyline>(&a))
    return error_of(line->points, std::get<Polyline>(b).points);
  if (std::holds_alternative<Ellipse>(a)) return error_of(outline_of(a), outline_of(b));
  return a == b ? std::optional(0.0) : std::nullopt;
}

bool stands_for(const Shape& expected, const Shape& found, double slack) {
  auto around = bounding_box(expected);
  if (const auto* points = std::get_if<KeyPoints>(&expected);
      points && std::holds_alternative<KeyPoints>(found)) {
    // Points that lost the box they had.
    auto boxed = *points;
    boxed.box = std::get<KeyPoints>(found).box;
    auto error = error_of(boxed, std::get<KeyPoints>(found));
    return error && *error <= slack;
  }
  if (std::holds_alternative<Box>(plain(found))) {
    if (error_of(around, std::get<Box>(plain(found))) <= slack) return true;
    // Of what was made an outline first.
    auto rings = outline_of(expected);
    return !rings.empty() && error_of(bounding_box(Polygon{rings}), std::get<Box>(plain(found))) <= slack;
  }
  auto rings = outline_of(expected);
  if (!rings.empty()) {
    auto error = shape_error(Polygon{rings}, found);
    if (error && *error <= slack) return true;
    // Rings joined to one keep the corners they had.
    bool joined = std::holds_alternative<Polygon>(found) && std::get<Polygon>(found).rings.size() == 1;
    if (joined && error_of(bounding_box(Polygon{rings}), bounding_box(found)) <= slack) return true;
  }
  if (std::holds_alternative<RunLengthMask>(found)) return error_of(around, bounding_box(found)) <= 1 + slack;
  return encloses(found, points_of(expected), slack);
}

std::string describe(const Shape& shape) {
  auto box = text_of(bounding_box(shape));
  if (std::holds_alternative<Box>(shape)) return "box " + box;
  if (const auto* polygon = std::get_if<Polygon>(&shape); polygon && polygon->rings.size() != 1)
    return fmt::format("polygon of {} rings within {}", polygon->rings.size(), box);
  return fmt::format("{} within {}", kind_name(shape), box);
}

}  // namespace ds::detail

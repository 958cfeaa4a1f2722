#include "ds/labeling/geometry_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/geometry/clip_shape.h"

namespace ds {
namespace {

constexpr double kRounding = 1e-6;  // pixels

std::vector<double> numbers(const std::string& flag, const std::string& text, std::size_t count,
                            const char* form) {
  auto parts = split(text, ',');
  std::vector<double> values;
  for (const auto& part : parts)
    if (auto value = parse_double(trim(part))) values.push_back(*value);
  if (parts.size() != count || values.size() != count)
    throw UsageError(fmt::format("--{} '{}' is not {}", flag, text, form));
  return values;
}

Ring parse_ring(const std::string& text, const std::string& whole, double sx, double sy) {
  Ring ring;
  for (const auto& word : split_words(text)) {
    auto pair = split(word, ',');
    auto x = pair.size() == 2 ? parse_double(pair[0]) : std::nullopt;
    auto y = pair.size() == 2 ? parse_double(pair[1]) : std::nullopt;
    if (!x || !y)
      throw UsageError(fmt::format("--polygon '{}': '{}' is not x,y", whole, word),
                       "points are separated by blanks, rings by ';'");
    ring.push_back({*x * sx, *y * sy});
  }
  return ring;
}

std::string say(const Box& b) {
  return fmt::format("{},{},{},{}", shortest(b.x0), shortest(b.y0), shortest(b.width()),
                     shortest(b.height()));
}

std::vector<Point> vertices_of(const Shape& shape) {
  if (const auto* box = std::get_if<Box>(&shape)) return {{box->x0, box->y0}, {box->x1, box->y1}};
  if (std::holds_alternative<RotatedBox>(shape) || std::holds_alternative<Ellipse>(shape))
    return outline_of(shape).front();
  if (const auto* line = std::get_if<Polyline>(&shape)) return line->points;
  std::vector<Point> points;
  if (const auto* polygon = std::get_if<Polygon>(&shape))
    for (const auto& ring : polygon->rings) points.insert(points.end(), ring.begin(), ring.end());
  if (const auto* key_points = std::get_if<KeyPoints>(&shape))
    for (std::size_t i = 0; i < key_points->points.size(); ++i)
      if (i >= key_points->visibility.size() || key_points->visibility[i] > 0)
        points.push_back(key_points->points[i]);
  return points;
}

std::optional<std::string> size_problem(const Shape& shape) {
  for (const auto& p : vertices_of(shape))
    if (!std::isfinite(p.x) || !std::isfinite(p.y)) return "a number is not finite";
  if (const auto* box = std::get_if<Box>(&shape))
    if (!is_proper(*box)) return fmt::format("box {} (x,y,w,h) has a side that is not positive", say(*box));
  if (const auto* rotated = std::get_if<RotatedBox>(&shape))
    if (!(rotated->width > 0 && rotated->height > 0 && std::isfinite(rotated->width) &&
          std::isfinite(rotated->height)))
      return fmt::format("rotated box has sides {} and {}; both must be positive", shortest(rotated->width),
                         shortest(rotated->height));
  if (const auto* ellipse = std::get_if<Ellipse>(&shape); ellipse && !(ellipse->rx > 0 && ellipse->ry > 0))
    return fmt::format("ellipse has half axes {} and {}; both must be positive", shortest(ellipse->rx),
                       shortest(ellipse->ry));
  if (const auto* polygon = std::get_if<Polygon>(&shape)) {
    if (polygon->rings.empty()) return "a polygon needs a ring of at least 3 points";
    for (const auto& ring : polygon->rings) {
      if (ring.size() < 3) return fmt::format("a polygon ring needs at least 3 points, not {}", ring.size());
      if (!(ring_area(ring) > 0)) return "a polygon ring has no area";
    }
  }
  return std::nullopt;
}

/// Rounding may leave a vertex a hair outside: put it on the border.
void snap(Point& p, double width, double height) {
  if (std::abs(p.x) <= kRounding) p.x = std::max(p.x, 0.0);
  if (std::abs(p.y) <= kRounding) p.y = std::max(p.y, 0.0);
  if (std::abs(p.x - width) <= kRounding) p.x = std::min(p.x, width);
  if (std::abs(p.y - height) <= kRounding) p.y = std::min(p.y, height);
}

Shape snapped(Shape shape, double width, double height) {
  if (auto* box = std::get_if<Box>(&shape)) {
    Point a{box->x0, box->y0}, b{box->x1, box->y1};
    snap(a, width, height);
    snap(b, width, height);
    *box = {a.x, a.y, b.x, b.y};
  }
  if (auto* polygon = std::get_if<Polygon>(&shape))
    for (auto& ring : polygon->rings)
      for (auto& p : ring) snap(p, width, height);
  return shape;
}

[[noreturn]] void nothing_left(const Shape& shape, int width, int height) {
  throw UsageError(
      fmt::format("the {} lies wholly outside the image ({} x {})", kind_name(shape), width, height));
}

}  // namespace

std::optional<std::string> shape_problem(const Shape& shape, int width, int height) {
  if (auto problem = size_problem(shape)) return problem;
  if (const auto* mask = std::get_if<RunLengthMask>(&shape)) {
    if (mask->width != width || mask->height != height)
      return fmt::format("the mask is {} x {}, the image {} x {}", mask->width, mask->height, width, height);
    return std::nullopt;
  }
  for (const auto& p : vertices_of(shape)) {
    bool bad_x = p.x < -kRounding || p.x > width + kRounding;
    if (bad_x || p.y < -kRounding || p.y > height + kRounding) {
      const auto* box = std::get_if<Box>(&shape);
      return fmt::format("{}{} reaches {} = {}, outside the image ({} x {})", kind_name(shape),
                         box != nullptr ? " " + say(*box) : "", bad_x ? "x" : "y",
                         shortest(bad_x ? p.x : p.y), width, height);
    }
  }
  return std::nullopt;
}

Shape clip_shape(const Shape& shape, int width, int height) {
  if (!shape_problem(shape, width, height) || std::holds_alternative<RunLengthMask>(shape))
    return snapped(shape, width, height);
  auto inside = clipped_shape(shape, width, height);
  if (!inside) nothing_left(shape, width, height);
  return *inside;
}

std::optional<Shape> parse_shape(const ShapeInput& input, const Image& image) {
  int given = !input.box.empty() + !input.rotated_box.empty() + !input.polygon.empty();
  if (given == 0) return std::nullopt;
  if (given > 1) throw UsageError("give one of --box, --rotated-box and --polygon, not several");
  double sx = input.normalized ? image.width : 1, sy = input.normalized ? image.height : 1;
  Shape shape;
  if (!input.box.empty()) {
    auto n = numbers("box", input.box, 4, "x,y,w,h");
    shape = xywh_to_xyxy(n[0] * sx, n[1] * sy, n[2] * sx, n[3] * sy);
  } else if (!input.rotated_box.empty()) {
    auto n = numbers("rotated-box", input.rotated_box, 5, "cx,cy,w,h,degrees");
    // Sides of a turned box have no axis to be a share of unless both scales agree.
    if (input.normalized && n[4] != 0 && image.width != image.height)
      throw UsageError("--normalized does not say how long the sides of a turned box are",
                       "give --rotated-box in pixels");
    shape = RotatedBox{n[0] * sx, n[1] * sy, n[2] * sx, n[3] * sy, n[4]};
  } else {
    Polygon polygon;
    for (const auto& ring : split(input.polygon, ';'))
      if (!trim(ring).empty()) polygon.rings.push_back(parse_ring(ring, input.polygon, sx, sy));
    shape = polygon;
  }
  if (auto problem = size_problem(shape)) throw UsageError(fmt::format("{}: {}", image.name, *problem));
  if (input.clip) return clip_shape(shape, image.width, image.height);
  if (auto problem = shape_problem(shape, image.width, image.height))
    throw UsageError(fmt::format("{}: {}", image.name, *problem), "--clip cuts it at the image's border");
  return snapped(shape, image.width, image.height);
}

}  // namespace ds

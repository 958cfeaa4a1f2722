#include "ds/geometry/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "ds/base/error.h"
#include "mask_outline.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Point> all_points(const Polygon& polygon) {
  std::vector<Point> points;
  for (const auto& ring : polygon.rings) points.insert(points.end(), ring.begin(), ring.end());
  return points;
}

Json flat(const std::vector<Point>& points) {
  Json numbers = Json::array();
  for (const auto& p : points) {
    numbers.push_back(p.x);
    numbers.push_back(p.y);
  }
  return numbers;
}

std::vector<Point> unflat(const Json& numbers) {
  if (!numbers.is_array() || numbers.size() % 2 != 0)
    throw DataError("a ring needs an even count of numbers");
  std::vector<Point> points;
  for (std::size_t i = 0; i < numbers.size(); i += 2)
    points.push_back({numbers[i].get<double>(), numbers[i + 1].get<double>()});
  return points;
}

Box box_of(const Json& numbers) {
  if (!numbers.is_array() || numbers.size() != 4) throw DataError("a box needs 4 numbers: x0, y0, x1, y1");
  return {numbers[0].get<double>(), numbers[1].get<double>(), numbers[2].get<double>(),
          numbers[3].get<double>()};
}

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

Json to_json(const Shape& shape) {
  return std::visit(
      Overloaded{[](const Box& b) {
                   return Json{{"box", {b.x0, b.y0, b.x1, b.y1}}};
                 },
                 [](const RotatedBox& b) {
                   return Json{{"rotated_box", {b.cx, b.cy, b.width, b.height, b.angle_deg}}};
                 },
                 [](const Polygon& p) {
                   Json rings = Json::array();
                   for (const auto& ring : p.rings) rings.push_back(flat(ring));
                   return Json{{"polygon", rings}};
                 },
                 [](const RunLengthMask& m) {
                   return Json{{"mask", {{"size", {m.height, m.width}}, {"counts", encode_run_length(m)}}}};
                 },
                 [](const KeyPoints& k) {
                   Json numbers = Json::array();
                   for (std::size_t i = 0; i < k.points.size(); ++i) {
                     numbers.push_back(k.points[i].x);
                     numbers.push_back(k.points[i].y);
                     numbers.push_back(i < k.visibility.size() ? k.visibility[i] : 2);
                   }
                   return Json{{"points", numbers}, {"box", {k.box.x0, k.box.y0, k.box.x1, k.box.y1}}};
                 },
                 [](const Polyline& l) {
                   return Json{{"polyline", flat(l.points)}};
                 },
                 [](const Ellipse& e) {
                   return Json{{"ellipse", {e.cx, e.cy, e.rx, e.ry, e.angle_deg}}};
                 }},
      shape);
}

KeyPoints key_points_of(const Json& json) {
  const auto& numbers = json.at("points");
  if (!numbers.is_array() || numbers.size() % 3 != 0) throw DataError("points need x, y, visibility each");
  KeyPoints key_points;
  for (std::size_t i = 0; i < numbers.size(); i += 3) {
    key_points.points.push_back({numbers[i].get<double>(), numbers[i + 1].get<double>()});
    key_points.visibility.push_back(numbers[i + 2].get<int>());
  }
  key_points.box = json.contains("box") ? box_of(json["box"]) : box_around(key_points.points);
  return key_points;
}

Ring ring_of(const Ellipse& e) {
  constexpr int kPoints = 64;
  double radians = e.angle_deg * std::numbers::pi / 180;
  double c = std::cos(radians), s = std::sin(radians);
  Ring ring;
  for (int i = 0; i < kPoints; ++i) {
    double t = 2 * std::numbers::pi * i / kPoints;
    double dx = e.rx * std::cos(t), dy = e.ry * std::sin(t);
    ring.push_back({e.cx + dx * c - dy * s, e.cy + dx * s + dy * c});
  }
  return ring;
}

}  // namespace

std::vector<Point> RotatedBox::corners() const {
  double radians = angle_deg * std::numbers::pi / 180;
  double c = std::cos(radians), s = std::sin(radians);
  std::vector<Point> points;
  for (auto [dx, dy] : {std::pair{-width / 2, -height / 2},
                        {width / 2, -height / 2},
                        {width / 2, height / 2},
                        {-width / 2, height / 2}})
    points.push_back({cx + dx * c - dy * s, cy + dx * s + dy * c});
  return points;
}

std::string kind_name(const Shape& shape) {
  static constexpr const char* kNames[] = {"box",    "rotated-box", "polygon", "mask",
                                           "points", "polyline",    "ellipse"};
  return kNames[shape.index()];
}

Box box_around(const std::vector<Point>& points) {
  if (points.empty()) return {};
  Box box{points[0].x, points[0].y, points[0].x, points[0].y};
  for (const auto& p : points)
    box = {std::min(box.x0, p.x), std::min(box.y0, p.y), std::max(box.x1, p.x), std::max(box.y1, p.y)};
  return box;
}

Box bounding_box(const Shape& shape) {
  return std::visit(
      Overloaded{[](const Box& b) { return b; }, [](const RotatedBox& b) { return box_around(b.corners()); },
                 [](const Polygon& p) { return box_around(all_points(p)); },
                 [](const RunLengthMask& m) { return m.bounds(); }, [](const KeyPoints& k) { return k.box; },
                 [](const Polyline& l) { return box_around(l.points); },
                 [](const Ellipse& e) {
                   double radians = e.angle_deg * std::numbers::pi / 180;
                   double c = std::cos(radians), s = std::sin(radians);
                   double half_width = std::hypot(e.rx * c, e.ry * s);
                   double half_height = std::hypot(e.rx * s, e.ry * c);
                   return Box{e.cx - half_width, e.cy - half_height, e.cx + half_width, e.cy + half_height};
                 }},
      shape);
}

double ring_area(const Ring& ring) {
  double twice = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const auto& a = ring[i];
    const auto& b = ring[(i + 1) % ring.size()];
    twice += a.x * b.y - b.x * a.y;
  }
  return std::abs(twice) / 2;
}

double area_of(const Shape& shape) {
  return std::visit(Overloaded{[](const Box& b) { return b.area(); },
                               [](const RotatedBox& b) { return b.width * b.height; },
                               [](const Polygon& p) {
                                 double sum = 0;
                                 for (const auto& ring : p.rings) sum += ring_area(ring);
                                 return sum;
                               },
                               [](const RunLengthMask& m) { return static_cast<double>(m.area()); },
                               [](const KeyPoints&) { return 0.0; }, [](const Polyline&) { return 0.0; },
                               [](const Ellipse& e) { return std::numbers::pi * e.rx * e.ry; }},
                    shape);
}

std::vector<Ring> outline_of(const Shape& shape) {
  return std::visit(
      Overloaded{[](const Box& b) {
                   return std::vector<Ring>{{{b.x0, b.y0}, {b.x1, b.y0}, {b.x1, b.y1}, {b.x0, b.y1}}};
                 },
                 [](const RotatedBox& b) { return std::vector<Ring>{b.corners()}; },
                 [](const Polygon& p) { return p.rings; },
                 [](const RunLengthMask& m) { return detail::mask_outline(m); },
                 [](const KeyPoints&) { return std::vector<Ring>{}; },
                 [](const Polyline&) { return std::vector<Ring>{}; },
                 [](const Ellipse& e) { return std::vector<Ring>{ring_of(e)}; }},
      shape);
}

std::string shape_to_json(const Shape& shape) {
  return to_json(shape).dump();
}

Shape shape_from_json(const std::string& text) {
  try {
    auto json = Json::parse(text);
    if (json.contains("points")) return key_points_of(json);
    if (json.contains("box")) return box_of(json["box"]);
    if (json.contains("rotated_box")) {
      const auto& n = json["rotated_box"];
      if (!n.is_array() || n.size() != 5)
        throw DataError("a rotated box needs cx, cy, width, height, degrees");
      return RotatedBox{n[0].get<double>(), n[1].get<double>(), n[2].get<double>(), n[3].get<double>(),
                        n[4].get<double>()};
    }
    if (json.contains("polygon")) {
      Polygon polygon;
      for (const auto& ring : json["polygon"]) polygon.rings.push_back(unflat(ring));
      return polygon;
    }
    if (json.contains("mask")) {
      const auto& mask = json["mask"];
      return decode_run_length(mask.at("counts").get<std::string>(), mask.at("size").at(0).get<int>(),
                               mask.at("size").at(1).get<int>());
    }
    if (json.contains("polyline")) return Polyline{unflat(json["polyline"])};
    if (json.contains("ellipse")) {
      const auto& n = json["ellipse"];
      if (!n.is_array() || n.size() != 5) throw DataError("an ellipse needs cx, cy, rx, ry, degrees");
      return Ellipse{n[0].get<double>(), n[1].get<double>(), n[2].get<double>(), n[3].get<double>(),
                     n[4].get<double>()};
    }
  } catch (const nlohmann::json::exception& error) {
    throw DataError(fmt::format("not a shape: {}", error.what()));
  }
  throw DataError(
      fmt::format("not a shape: {}; expected one of box, rotated_box, polygon, mask, points, polyline, "
                  "ellipse",
                  text.substr(0, 80)));
}

}  // namespace ds

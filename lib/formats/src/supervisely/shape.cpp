#include "supervisely/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "ds/base/error.h"
#include "ds/geometry/rasterize.h"
#include "shared/pictures/mask_pixels.h"
#include "shared/text/label_json.h"
#include "supervisely/bitmap.h"

namespace ds::detail {
using nlohmann::json;

namespace {

// Thrown inside this file only, and turned into a report.
struct NoShape {
  const char* code;
  std::string why;
};

std::vector<Point> points_in(const json& list, std::size_t at_least) {
  std::vector<Point> points;
  if (list.is_array())
    for (const auto& entry : list) {
      auto numbers = numbers_of(entry);
      if (!numbers || numbers->size() != 2)
        throw NoShape{"BAD_NUMBER",
                      fmt::format("found {}, expected a point of two finite numbers", entry.dump())};
      points.push_back({(*numbers)[0], (*numbers)[1]});
    }
  if (points.size() < at_least)
    throw NoShape{"BAD_ROW", fmt::format("has {} points, needs {}", points.size(), at_least)};
  return points;
}

/// Reads one object. Anything wrong throws NoShape: half a shape is of no use to anybody.
class ObjectReader {
 public:
  ObjectReader(const json& object, const SuperviselyClass& declared, const Reading::Declared& frame)
      : object_(object), declared_(declared), frame_(frame) {}

  Shape read() const {
    auto kind = geometry();
    if (kind == "rectangle") return box_around(points_in(outline(), 2));
    if (kind == "oriented_bbox") return turned();
    if (kind == "polygon") return polygon();
    if (kind == "bitmap" || kind == "alpha_mask") return bitmap(kind);
    if (kind == "line" || kind == "polyline") return Polyline{points_in(outline(), 2)};
    if (kind == "point") {
      auto points = points_in(outline(), 1);
      return KeyPoints{{points[0]}, {2}, box_around({points[0]})};
    }
    if (kind == "graph") return graph();
    if (kind == "cuboid" || kind == "cuboid_2d") return box_around(corners());
    throw NoShape{"BAD_ROW", fmt::format("is a '{}', which is no shape on an image", kind)};
  }

 private:
  // Old exports leave it to the class.
  std::string geometry() const {
    for (const auto* key : {"geometryType", "shape"})
      if (const auto& said = member(object_, key); said.is_string()) return said.get<std::string>();
    if (!declared_.geometry.empty() && declared_.geometry != "any") return declared_.geometry;
    if (member(object_, "bitmap").is_object()) return "bitmap";
    if (member(object_, "nodes").is_object()) return "graph";
    return outline().size() == 2 ? "rectangle" : outline().size() == 1 ? "point" : "polygon";
  }

  // Most shapes have an exterior, some the points themselves.
  const json& outline() const {
    const auto& points = member(object_, "points");
    return points.is_array() ? points : list_in(points, "exterior");
  }

  // The upright box, turned clockwise about its centre by radians.
  Shape turned() const {
    auto box = box_around(points_in(outline(), 2));
    auto radians = number_of(member(object_, "angle"));
    if (!radians)
      throw NoShape{"BAD_NUMBER",
                    fmt::format("angle is {}, not a finite number", member(object_, "angle").dump())};
    if (*radians == 0) return box;
    return RotatedBox{box.center_x(), box.center_y(), box.width(), box.height(),
                      *radians * 180 / std::numbers::pi};
  }

  Shape polygon() const {
    Polygon outer{{points_in(outline(), 3)}};
    Polygon holes;
    for (const auto& ring : list_in(member(object_, "points"), "interior"))
      holes.rings.push_back(points_in(ring, 3));
    if (holes.rings.empty()) return outer;
    try {
      auto pixels = pixels_of(rasterized(outer, frame_.height, frame_.width));
      auto left_out = pixels_of(rasterized(holes, frame_.height, frame_.width));
      for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = pixels[i] && !left_out[i];
      return mask_of_pixels(pixels, frame_.width, frame_.height);
    } catch (const DataError& error) {
      throw NoShape{"BAD_SEGMENTATION", fmt::format("has holes that cannot be cut out: {}", error.what())};
    }
  }

  Shape bitmap(const std::string& kind) const {
    const auto& bitmap = member(object_, member(object_, kind).is_object() ? kind : "bitmap");
    auto origin = numbers_of(member(bitmap, "origin"));
    const auto& data = member(bitmap, "data");
    if (!origin || origin->size() != 2 || !data.is_string())
      throw NoShape{"BAD_SEGMENTATION", "has no bitmap with origin and data"};
    for (double side : *origin)
      if (std::abs(side) > 1e6)
        throw NoShape{"BAD_SEGMENTATION",
                      fmt::format("its bitmap begins at {}", member(bitmap, "origin").dump())};
    try {
      auto picture = supervisely_bitmap(data.get<std::string>());
      auto mask = placed(picture, static_cast<int>((*origin)[0]), static_cast<int>((*origin)[1]),
                         frame_.width, frame_.height);
      if (mask.area() > 0) return mask;
    } catch (const DataError& error) {
      throw NoShape{"BAD_SEGMENTATION", fmt::format("has a bitmap that cannot be read: {}", error.what())};
    }
    throw NoShape{"BAD_SEGMENTATION", "has a bitmap without a pixel inside the image"};
  }

  Shape graph() const {
    KeyPoints found;
    found.points.resize(declared_.node_index.size());
    found.visibility.assign(declared_.node_index.size(), 0);
    std::vector<Point> seen;
    for (const auto& [id, node] : object_in(object_, "nodes").items()) {
      auto place = numbers_of(member(node, "loc"));
      auto known = declared_.node_index.find(id);
      if (!place || place->size() != 2 || known == declared_.node_index.end())
        throw NoShape{"BAD_ROW",
                      fmt::format("its node {} has no place, or stands in no class of meta.json", id)};
      if (is_true(member(node, "disabled"))) continue;
      found.points[known->second] = {(*place)[0], (*place)[1]};
      found.visibility[known->second] = 2;
      seen.push_back(found.points[known->second]);
    }
    if (seen.empty()) throw NoShape{"BAD_ROW", "has no nodes"};
    found.box = box_around(seen);
    return found;
  }

  std::vector<Point> corners() const {
    const auto& nodes = object_in(object_, "vertices");
    if (nodes.empty()) return points_in(outline(), 2);
    std::vector<Point> points;
    for (const auto& [id, node] : nodes.items())
      if (const auto& place = member(node, "loc"); !place.is_null())
        points.push_back(points_in(json::array({place}), 1)[0]);
    return points;
  }

  const json& object_;
  const SuperviselyClass& declared_;
  const Reading::Declared& frame_;
};

}  // namespace

std::optional<Shape> supervisely_shape(const json& object, const SuperviselyClass& declared,
                                       const Reading::Declared& frame, const SuperviselyReport& report) {
  try {
    return ObjectReader(object, declared, frame).read();
  } catch (const NoShape& bad) {
    report(bad.code, bad.why);
    return std::nullopt;
  }
}

}  // namespace ds::detail

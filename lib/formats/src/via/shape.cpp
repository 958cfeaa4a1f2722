#include "via/shape.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numbers>
#include <vector>

#include "shared/text/json_file.h"
#include "shared/text/label_json.h"

namespace ds::detail {
using nlohmann::json;

std::optional<Shape> read_via_shape(const json& region, const ViaReport& report) {
  auto name = text_of(member(region, "name"));
  auto bad = [&](const std::string& code, const std::string& why) {
    report(code, why + "; left out");
    return std::nullopt;
  };
  auto numbers = [&](std::initializer_list<const char*> keys) -> std::optional<std::vector<double>> {
    std::vector<double> values;
    for (const auto* key : keys) {
      auto number = number_of(member(region, key));
      if (!number)
        return bad("BAD_NUMBER", fmt::format("{} of a {} is {}, not a finite number", key, name,
                                             member(region, key).dump()));
      values.push_back(*number);
    }
    return values;
  };
  if (name == "rect") {
    auto n = numbers({"x", "y", "width", "height"});
    return n ? std::optional<Shape>(xywh_to_xyxy((*n)[0], (*n)[1], (*n)[2], (*n)[3])) : std::nullopt;
  }
  if (name == "circle") {
    auto n = numbers({"cx", "cy", "r"});
    return n ? std::optional<Shape>(Ellipse{(*n)[0], (*n)[1], (*n)[2], (*n)[2], 0}) : std::nullopt;
  }
  if (name == "ellipse") {
    auto n = numbers({"cx", "cy", "rx", "ry"});
    if (!n) return std::nullopt;
    double degrees = number_of(member(region, "theta")).value_or(0) * 180 / std::numbers::pi;
    return Ellipse{(*n)[0], (*n)[1], (*n)[2], (*n)[3], degrees};
  }
  if (name == "point") {
    auto n = numbers({"cx", "cy"});
    if (!n) return std::nullopt;
    return KeyPoints{{{(*n)[0], (*n)[1]}}, {2}, {(*n)[0], (*n)[1], (*n)[0], (*n)[1]}};
  }
  if (name != "polygon" && name != "polyline")
    return bad("BAD_ROW",
               fmt::format("shape '{}' is none of rect, circle, ellipse, polygon, polyline, point", name));
  auto x = numbers_of(member(region, "all_points_x"));
  auto y = numbers_of(member(region, "all_points_y"));
  if (!x || !y)
    return bad("BAD_NUMBER", fmt::format("the points of a {} are no lists of finite numbers", name));
  std::size_t least = name == "polygon" ? 3 : 2;
  if (x->size() != y->size() || x->size() < least)
    return bad("BAD_ROW", fmt::format("a {} needs as many x as y and at least {}, found {} and {}", name,
                                      least, x->size(), y->size()));
  std::vector<Point> points;
  for (std::size_t i = 0; i < x->size(); ++i) points.push_back({(*x)[i], (*y)[i]});
  if (name == "polyline") return Polyline{std::move(points)};
  // Version 1 closed its polygons by the first point.
  if (points.size() > 3 && points.front() == points.back()) points.pop_back();
  return Polygon{{std::move(points)}};
}

}  // namespace ds::detail

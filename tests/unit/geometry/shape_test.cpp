#include "ds/geometry/shape.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("every shape survives its JSON exactly") {
  const std::vector<Shape> shapes = {
      Box{0.1, 1.0 / 3, 12.5, 1e-7},
      RotatedBox{5, 6, 4, 2, 33.3},
      Polygon{{{{0, 0}, {4.25, 0}, {4, 3}}, {{5, 5}, {6, 5}, {6, 6}}}},
      RunLengthMask{4, 5, {2, 3, 15}},
      KeyPoints{{{1, 2}, {3.5, 4}}, {2, 1}, {1, 2, 3, 4}},
      Polyline{{{1, 2}, {3, 4}}},
  };
  for (const auto& shape : shapes) REQUIRE(shape_from_json(shape_to_json(shape)) == shape);
}

TEST_CASE("bounds and areas") {
  Polygon triangle{{{{0, 0}, {4, 0}, {4, 3}}}};
  REQUIRE(area_of(triangle) == Approx(6));  // 4 * 3 / 2
  REQUIRE(bounding_box(triangle) == Box{0, 0, 4, 3});
  auto turned = bounding_box(RotatedBox{10, 10, 8, 4, 90});
  REQUIRE(turned.x0 == Approx(8));
  REQUIRE(turned.y1 == Approx(14));
}

TEST_CASE("what is no shape is refused") {
  REQUIRE_THROWS_WITH(
      shape_from_json("{\"circle\":[1]}"),
      "not a shape: {\"circle\":[1]}; expected one of box, rotated_box, polygon, mask, points, polyline");
  REQUIRE_THROWS_WITH(shape_from_json("{\"box\":[1,2,3]}"), "a box needs 4 numbers: x0, y0, x1, y1");
  REQUIRE_THROWS_AS(shape_from_json("not json"), DataError);
}

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
      "not a shape: {\"circle\":[1]}; expected one of box, rotated_box, polygon, mask, points, polyline, "
      "ellipse");
  REQUIRE_THROWS_WITH(shape_from_json("{\"box\":[1,2,3]}"), "a box needs 4 numbers: x0, y0, x1, y1");
  REQUIRE_THROWS_AS(shape_from_json("not json"), DataError);
}

TEST_CASE("an ellipse: bounds, area and JSON", "[geometry]") {
  // Half axes 4 and 2 turned by 90 degrees stand upright.
  Ellipse upright{10, 20, 4, 2, 90};
  auto box = bounding_box(upright);
  REQUIRE(box.x0 == Approx(8));
  REQUIRE(box.y0 == Approx(16));
  REQUIRE(box.x1 == Approx(12));
  REQUIRE(box.y1 == Approx(24));
  REQUIRE(area_of(upright) == Approx(8 * 3.14159265358979));
  REQUIRE(kind_name(upright) == "ellipse");
  REQUIRE(shape_from_json(shape_to_json(upright)) == Shape(upright));
}

TEST_CASE("outlines follow the border of a shape", "[geometry]") {
  REQUIRE(outline_of(Box{1, 2, 3, 5}) == std::vector<Ring>{{{1, 2}, {3, 2}, {3, 5}, {1, 5}}});
  REQUIRE(outline_of(Polyline{{{0, 0}, {1, 1}}}).empty());

  SECTION("of an ellipse on the ellipse") {
    auto ring = outline_of(Ellipse{0, 0, 3, 2, 0}).front();
    REQUIRE(ring.size() == 64);
    for (const auto& p : ring) REQUIRE(p.x * p.x / 9 + p.y * p.y / 4 == Approx(1));
  }
  SECTION("of a mask around its pixels, holes the other way round") {
    // 3x3 with the middle clear, column-major: 4 ones, 1 zero, 4 ones.
    RunLengthMask frame{3, 3, {0, 4, 1, 4}};
    REQUIRE(outline_of(frame) ==
            std::vector<Ring>{{{0, 0}, {3, 0}, {3, 3}, {0, 3}}, {{1, 1}, {1, 2}, {2, 2}, {2, 1}}});
  }
  SECTION("pixels that touch at a corner are two parts") {
    // 2x2: (0,0) and (1,1) set; columns [1,0] and [0,1].
    RunLengthMask diagonal{2, 2, {0, 1, 2, 1}};
    REQUIRE(outline_of(diagonal) ==
            std::vector<Ring>{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}, {{1, 1}, {2, 1}, {2, 2}, {1, 2}}});
  }
}

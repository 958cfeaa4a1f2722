#include "ds/geometry/clip_shape.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("what is inside stays as it is, also on the edge") {
  for (const Shape& shape : {Shape(Box{0, 0, 10, 8}), Shape(RotatedBox{5, 4, 2, 2, 30}),
                             Shape(Polygon{{{{0, 0}, {10, 0}, {10, 8}}}})})
    REQUIRE(clipped_shape(shape, 10, 8) == shape);
}

TEST_CASE("boxes and outlines are cut exactly; nothing is left of what is outside") {
  REQUIRE(clipped_shape(Box{-3, 2, 4, 20}, 10, 8) == Shape(Box{0, 2, 4, 8}));
  REQUIRE_FALSE(clipped_shape(Box{12, 0, 14, 4}, 10, 8));
  REQUIRE_FALSE(clipped_shape(Polygon{{{{-9, 0}, {-1, 0}, {-1, 4}}}}, 10, 8));
  // The edge x = 0 crosses the line from (-4, 0) to (4, 4) at y = 2, and that from (4, 4) to (-4, 8)
  // at y = 6.
  auto cut = clipped_shape(Polygon{{{{-4, 0}, {4, 4}, {-4, 8}}, {{-9, 0}, {-1, 0}, {-1, 4}}}}, 10, 8);
  REQUIRE(cut == Shape(Polygon{{{{0, 2}, {4, 4}, {0, 6}}}}));
}

TEST_CASE("a rotated box that reaches outside becomes the outline of what is left") {
  // A square of side 4 turned by 45 degrees about (0, 4): half of it, a triangle, is inside.
  auto cut = clipped_shape(RotatedBox{0, 4, 4, 4, 45}, 10, 8);
  REQUIRE(cut);
  REQUIRE(kind_name(*cut) == "polygon");
  REQUIRE(area_of(*cut) == Approx(8));
}

TEST_CASE("key points outside become unlabelled; a line keeps what is inside") {
  auto points = clipped_shape(KeyPoints{{{2, 2}, {12, 2}}, {2, 2}, {1, 1, 13, 4}}, 10, 8);
  REQUIRE(points == Shape(KeyPoints{{{2, 2}, {0, 0}}, {2, 0}, {1, 1, 10, 4}}));
  // Also where the box lies inside.
  points = clipped_shape(KeyPoints{{{2, 2}, {12, 2}}, {2, 2}, {1, 1, 9, 4}}, 10, 8);
  REQUIRE(points == Shape(KeyPoints{{{2, 2}, {0, 0}}, {2, 0}, {1, 1, 9, 4}}));
  // Leaves at x = 10, halfway from (8, 2) to (12, 4): y = 3.
  REQUIRE(clipped_shape(Polyline{{{1, 1}, {8, 2}, {12, 4}}}, 10, 8) ==
          Shape(Polyline{{{1, 1}, {8, 2}, {10, 3}}}));
  REQUIRE_FALSE(clipped_shape(Polyline{{{11, 1}, {12, 2}}}, 10, 8));
}

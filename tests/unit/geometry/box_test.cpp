#include "ds/geometry/box.h"

#include <limits>

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("the overlap of two boxes") {
  Box a{0, 0, 10, 10}, b{5, 5, 15, 15};
  // intersection 5 * 5 = 25, union 100 + 100 - 25 = 175
  REQUIRE(iou(a, b) == Approx(25.0 / 175));
  REQUIRE(overlap_of(a, b) == Approx(0.25));
  REQUIRE(iou(a, {20, 20, 30, 30}) == 0);
  REQUIRE(iou(a, {10, 0, 20, 10}) == 0);  // half-open: a shared edge is no overlap
  REQUIRE(iou({0, 0, 0, 0}, {0, 0, 0, 0}) == 0);
}

TEST_CASE("conversions name both ends") {
  REQUIRE(xywh_to_xyxy(1, 2, 3, 4) == Box{1, 2, 4, 6});
  REQUIRE(cxcywh_to_xyxy(5, 5, 4, 2) == Box{3, 4, 7, 6});
}

TEST_CASE("clipping keeps to the image") {
  REQUIRE(clipped({-5, 2, 120, 8}, 100, 50) == Box{0, 2, 100, 8});
}

TEST_CASE("a proper box has positive finite sides") {
  REQUIRE(is_proper({0, 0, 1, 1}));
  REQUIRE_FALSE(is_proper({0, 0, 0, 1}));
  REQUIRE_FALSE(is_proper({3, 0, 1, 1}));
  REQUIRE_FALSE(is_proper({0, 0, std::numeric_limits<double>::quiet_NaN(), 1}));
}

#include "ds/geometry/rasterize.h"

#include <limits>

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("a rectangle's pixels by hand") {
  // On the fine grid x goes from 5 to 20: the columns whose middles 5k+2 and 5k+3 lie between are 1, 2, 3.
  // y 5 begins row ceil(5.5/5 - .5) = 1, y 15 ends before row ceil(15.5/5 - .5) = 3.
  const auto mask = rasterized({{{{1, 1}, {4, 1}, {4, 3}, {1, 3}}}}, 6, 6);
  REQUIRE(mask.bounds() == Box{1, 1, 4, 3});
  REQUIRE(mask.area() == 6);
  REQUIRE(mask.counts == std::vector<std::uint32_t>{7, 2, 4, 2, 4, 2, 15});
}

TEST_CASE("a triangle's pixels by hand") {
  // The long side falls by one fine step a column: at the middles 2, 7, 12, 17 it is at 17, 12, 7, 2, so it
  // ends before rows (17.5, 12.5, 7.5, 2.5)/5 - .5 = 3, 2, 1, 0.
  const auto mask = rasterized({{{{0, 0}, {4, 0}, {0, 4}}}}, 4, 4);
  REQUIRE(mask.counts == std::vector<std::uint32_t>{0, 3, 1, 2, 2, 1, 7});
}

TEST_CASE("the direction of a ring changes nothing, a part outside is cut") {
  const Ring ring{{-3.2, 1.4}, {7.7, -2.1}, {9.5, 5.5}, {2.2, 12.5}};
  const Ring reversed(ring.rbegin(), ring.rend());
  const auto mask = rasterized({{ring}}, 8, 8);
  REQUIRE(mask == rasterized({{reversed}}, 8, 8));
  REQUIRE(mask.bounds() == Box{0, 0, 8, 8});
  REQUIRE(rasterized({{{{20, 20}, {30, 20}, {30, 30}}}}, 8, 8).area() == 0);
}

TEST_CASE("several rings are the union of each") {
  const Ring left{{0, 0}, {3, 0}, {3, 3}, {0, 3}}, right{{2, 0}, {5, 0}, {5, 3}, {2, 3}};
  // Columns 0 to 2 and 2 to 4, rows 0 to 2: the shared column counts once.
  REQUIRE(rasterized({{left, right}}, 5, 5).area() == 15);
  REQUIRE(shared_area(rasterized({{left}}, 5, 5), rasterized({{right}}, 5, 5)) == 3);
}

TEST_CASE("what cannot be drawn is refused") {
  const Ring ring{{0, 0}, {3, 0}, {3, 3}};
  REQUIRE_THROWS_WITH(rasterized({{{{0, 0}, {1, 1}}}}, 5, 5), "a polygon of 2 points; at least 3 are needed");
  REQUIRE_THROWS_WITH(rasterized({{ring}}, 0, 5), "a polygon needs its image's size; found 5 x 0 pixels");
  REQUIRE_THROWS_AS(rasterized({{{{0, 0}, {1e9, 0}, {3, 3}}}}, 5, 5), DataError);
  REQUIRE_THROWS_AS(rasterized({{{{0, 0}, {std::numeric_limits<double>::quiet_NaN(), 0}, {3, 3}}}}, 5, 5),
                    DataError);
}

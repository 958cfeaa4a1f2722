#include "ds/report/sparkline.h"

#include <cmath>

#include <catch2/catch.hpp>

using ds::sparkline;

TEST_CASE("a sparkline goes from the smallest value to the largest") {
  // eight levels over 0..7: 0, 8/7, 16/7 ... rounded down, the largest in the last
  REQUIRE(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8) == "▁▂▃▄▅▆▇█");
  REQUIRE(sparkline({7, 0, 7}, 8) == "█▁█");
  REQUIRE(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 8, false) == ".:-=+*#@");
}

TEST_CASE("more values than there is room for are averaged, fewer make a shorter line") {
  // groups of 2: 0.5, 4.5, 8.5 of 0.5..8.5
  REQUIRE(sparkline({0, 1, 4, 5, 8, 9}, 3) == "▁▅█");
  // groups of 2, 2 and 3: 0, 0, 3
  REQUIRE(sparkline({0, 0, 0, 0, 3, 3, 3}, 3) == "▁▁█");
  REQUIRE(sparkline({1}, 8) == "▅");
}

TEST_CASE("equal values are half high, numbers that are none are left out, nothing gives nothing") {
  REQUIRE(sparkline({2, 2, 2}, 8) == "▅▅▅");
  REQUIRE(sparkline({0, std::nan(""), 1}, 8) == "▁█");
  REQUIRE(sparkline({}, 8).empty());
  REQUIRE(sparkline({1, 2}, 0).empty());
}

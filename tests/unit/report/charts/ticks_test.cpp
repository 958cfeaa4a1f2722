#include "charts/ticks.h"

#include <catch2/catch.hpp>

using namespace ds::detail;
using Texts = std::vector<std::string>;

TEST_CASE("ticks are round numbers that cover the range") {
  // 0..0.43 in at most 6 steps: 0.43 / 6 = 0.072, next of 1, 2, 5: 0.1
  REQUIRE(nice_ticks(0, 0.43, 6).texts == Texts{"0", "0.1", "0.2", "0.3", "0.4", "0.5"});
  REQUIRE(nice_ticks(0, 0.43, 6).high == Approx(0.5));
  REQUIRE(nice_ticks(0, 12.5, 6).texts == Texts{"0", "5", "10", "15"});
  REQUIRE(nice_ticks(-1.5, 1.5, 6).texts == Texts{"-1.5", "-1.0", "-0.5", "0", "0.5", "1.0", "1.5"});
  REQUIRE(nice_ticks(0, 0.0012, 4).texts == Texts{"0", "0.0005", "0.0010", "0.0015"});
  REQUIRE(nice_ticks(0, 4e-5, 2).texts == Texts{"0", "2e-05", "4e-05"});
  REQUIRE(nice_ticks(0, 3e6, 3).texts == Texts{"0", "1e+06", "2e+06", "3e+06"});
}

TEST_CASE("never more steps than asked for, also where rounding outwards needs one more") {
  // 9..31 in 2 steps: 22 / 2 = 11, 20 would need 0, 20, 40
  REQUIRE(nice_ticks(9, 31, 2).texts == Texts{"0", "20", "40"});
  for (double high : {1.0, 1.1, 3.7, 9.9, 10.1, 99.0})
    for (int most : {2, 3, 6, 10})
      REQUIRE(nice_ticks(0.9, high, most).values.size() <= std::size_t(most) + 1);
}

TEST_CASE("one value only gets room around it") {
  REQUIRE(nice_ticks(2, 2, 2).low <= 1);
  REQUIRE(nice_ticks(2, 2, 2).high >= 3);
  REQUIRE(nice_ticks(0, 0, 2).high >= 1);
}

TEST_CASE("labels that count from 1 are written as 1, 5, 10") {
  REQUIRE(label_ticks(3, 12) == std::vector<std::size_t>{0, 1, 2});
  REQUIRE(label_ticks(20, 5) == std::vector<std::size_t>{0, 4, 9, 14, 19});
  REQUIRE(label_ticks(100, 5) == std::vector<std::size_t>{0, 19, 39, 59, 79, 99});
  REQUIRE(label_ticks(0, 5).empty());
  REQUIRE(label_ticks(1, 5) == std::vector<std::size_t>{0});
}

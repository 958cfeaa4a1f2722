#include "ds/base/random.h"

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("the same seed gives the same numbers, another stream others") {
  Random a(1), b(1), c(2), d(1, "image 4");
  auto first = a.next();
  REQUIRE(first == b.next());
  REQUIRE(first != c.next());
  REQUIRE(first != d.next());
}

TEST_CASE("the state survives a save and restore") {
  Random a(7);
  a.next();
  auto state = a.save();
  auto expected = a.next();
  Random b(0);
  b.restore(state);
  REQUIRE(b.next() == expected);
  REQUIRE_THROWS_AS(b.restore("nonsense"), DataError);
}

TEST_CASE("numbers keep to their range and mean") {
  Random random(3);
  double sum = 0, squares = 0;
  constexpr int kCount = 20000;
  for (int i = 0; i < kCount; ++i) {
    double u = random.uniform();
    REQUIRE((u >= 0 && u < 1));
    REQUIRE(random.below(7) < 7);
    double z = random.normal(2, 3);
    sum += z;
    squares += (z - 2) * (z - 2);
  }
  // five standard errors: 5 * 3 / sqrt(20000) = 0.106; of the variance 5 * 9 * sqrt(2 / 20000) = 0.45
  REQUIRE(std::abs(sum / kCount - 2) < 0.106);
  REQUIRE(std::abs(squares / kCount - 9) < 0.45);
}

TEST_CASE("a shuffle keeps every item") {
  std::vector<int> items{1, 2, 3, 4, 5, 6, 7, 8};
  auto shuffled = items;
  Random(5).shuffle(shuffled);
  REQUIRE(shuffled != items);
  std::sort(shuffled.begin(), shuffled.end());
  REQUIRE(shuffled == items);
}

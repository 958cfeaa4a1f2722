#include "loop/loss_scale.h"

#include <catch2/catch.hpp>

using ds::detail::LossScale;

TEST_CASE("a loss scale is halved by an overflow, whose step is left out") {
  LossScale scale;
  scale.steps = 100;
  REQUIRE_FALSE(scale.after_step(false));
  REQUIRE(scale.value == 32'768);
  REQUIRE(scale.steps == 0);
}

TEST_CASE("a loss scale is doubled after 2000 steps without overflow, up to a limit") {
  LossScale scale;
  for (int step = 0; step < 1999; ++step) REQUIRE(scale.after_step(true));
  REQUIRE(scale.value == 65'536);
  REQUIRE(scale.after_step(true));
  REQUIRE(scale.value == 131'072);
  REQUIRE(scale.steps == 0);
  scale.value = 16'777'216;
  scale.steps = 1999;
  REQUIRE(scale.after_step(true));
  REQUIRE(scale.value == 16'777'216);
}

TEST_CASE("at a loss scale of 1 an overflow is not the scale's") {
  LossScale scale{1, 5};
  REQUIRE(scale.after_step(false));
  REQUIRE(scale.value == 1);
  REQUIRE(scale.steps == 5);
}

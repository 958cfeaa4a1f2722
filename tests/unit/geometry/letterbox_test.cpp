#include "ds/geometry/letterbox.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("the longer side fills the input and boxes come back") {
  auto fit = letterbox_top_left(640, 480, 416, 416);
  // scale 416 / 640 = 0.65; 480 * 0.65 = 312
  REQUIRE(fit.scale == Approx(0.65));
  REQUIRE(fit.scaled_width == 416);
  REQUIRE(fit.scaled_height == 312);
  Box box{10, 20, 110, 220};
  auto back = fit.to_image(fit.to_input(box));
  REQUIRE(back.x0 == Approx(10));
  REQUIRE(back.y1 == Approx(220));
}

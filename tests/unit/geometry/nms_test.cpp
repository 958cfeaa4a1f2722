#include "ds/geometry/nms.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("a weaker box of the same class that overlaps is dropped") {
  std::vector<ScoredBox> boxes = {
      {{0, 0, 10, 10}, 0.5, 0},
      {{0, 0, 10, 9}, 0.9, 0},   // IoU 0.9 with the first: stays, it is stronger
      {{0, 0, 10, 10}, 0.4, 1},  // another class
      {{20, 0, 30, 10}, 0.3, 0},
  };
  REQUIRE(class_wise_nms(boxes, 0.65) == std::vector<std::size_t>{1, 2, 3});
  REQUIRE(class_wise_nms(boxes, 0.65, 2) == std::vector<std::size_t>{1, 2});
  REQUIRE(class_wise_nms(boxes, 0.9) ==
          std::vector<std::size_t>{1, 0, 2, 3});  // equal to the threshold is kept
  REQUIRE(class_wise_nms({}, 0.5).empty());
}

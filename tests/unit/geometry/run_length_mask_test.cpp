#include "ds/geometry/run_length_mask.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("COCO's compressed run lengths") {
  struct Vector {
    int height, width;
    std::vector<std::uint32_t> counts;
    std::string text;
  };
  const std::vector<Vector> vectors = {
      {4, 5, {0, 20}, "0d0"},
      {10, 20, {12, 3, 7, 3, 7, 3, 165}, "<37000n4"},
      {1, 200005, {100000, 1, 5, 99999}, "PeQ315ndQ3"},
  };
  for (const auto& [height, width, counts, text] : vectors) {
    RunLengthMask mask{height, width, counts};
    REQUIRE(encode_run_length(mask) == text);
    REQUIRE(decode_run_length(text, height, width) == mask);
  }
}

TEST_CASE("area and bounds of a mask") {
  RunLengthMask mask{10, 20, {12, 3, 7, 3, 7, 3, 165}};
  REQUIRE(mask.area() == 9);
  REQUIRE(mask.bounds() == Box{1, 2, 4, 5});  // x, y, w, h = 1 2 3 3
  REQUIRE(RunLengthMask{4, 5, {0, 20}}.bounds() == Box{0, 0, 5, 4});
  REQUIRE(RunLengthMask{4, 5, {20}}.bounds() == Box{});
}

TEST_CASE("a broken run-length text is refused") {
  REQUIRE_THROWS_WITH(decode_run_length("0d0", 4, 4), "the runs sum to 20, but the mask is 4 x 4 = 16");
  REQUIRE_THROWS_AS(decode_run_length("0d", 4, 5), DataError);
  REQUIRE_THROWS_AS(decode_run_length("\x7f", 4, 5), DataError);
}

TEST_CASE("shared pixels and the union of two masks") {
  // a: pixels 2-5 and 8, b: pixels 0-3 and 8-9, of ten in one column.
  const RunLengthMask a{10, 1, {2, 4, 2, 1, 1}}, b{10, 1, {0, 4, 4, 2}};
  REQUIRE(shared_area(a, b) == 3);
  REQUIRE(shared_area(b, a) == 3);
  REQUIRE(united(a, b) == RunLengthMask{10, 1, {0, 6, 2, 2}});
  REQUIRE(united(a, RunLengthMask{10, 1, {10}}) == RunLengthMask{10, 1, {2, 4, 2, 1, 1}});
  // A run of length 0 in the middle joins its neighbours.
  REQUIRE(shared_area(RunLengthMask{10, 1, {2, 2, 0, 2, 4}}, a) == 4);
  REQUIRE_THROWS_WITH(shared_area(a, RunLengthMask{5, 2, {10}}), "masks of 1 x 10 and 2 x 5 pixels");
}

TEST_CASE("plain runs must sum to the size") {
  REQUIRE(mask_from_runs({2, 4, 4}, 5, 2) == RunLengthMask{5, 2, {2, 4, 4}});
  REQUIRE_THROWS_WITH(mask_from_runs({2, 4}, 5, 2), "the runs sum to 6, but the mask is 5 x 2 = 10");
}

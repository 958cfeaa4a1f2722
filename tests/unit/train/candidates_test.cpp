#include "ds/train/candidates.h"

#include <set>

#include "ds/base/error.h"

#include <catch2/catch.hpp>

TEST_CASE("a grid begins with the best guess and repeats nothing") {
  for (const char* priority : {"speed", "balanced", "accuracy"}) {
    auto four = ds::plan_candidates({priority, 4});
    REQUIRE(four.size() == 4);
    std::set<std::string> seen;
    for (const auto& candidate : four) {
      REQUIRE(candidate.recipe == priority);
      seen.insert(candidate.arch + std::to_string(candidate.input_side));
    }
    REQUIRE(seen.size() == 4);
    REQUIRE(ds::plan_candidates({priority, 1})[0] == four[0]);
  }
}

TEST_CASE("pinned values hold for every candidate") {
  ds::CandidateRequest request;
  request.count = 3;
  request.arch = "yolox-nano";
  request.recipe = "my.yaml";
  auto candidates = ds::plan_candidates(request);
  for (const auto& candidate : candidates) {
    REQUIRE(candidate.arch == "yolox-nano");
    REQUIRE(candidate.recipe == "my.yaml");
  }
  // The balanced grid's sizes for one architecture: 416, 320, 512.
  request.count = 4;
  REQUIRE_THROWS_WITH(ds::plan_candidates(request),
                      "--candidates 4: the balanced grid has 3 with these options");
}

TEST_CASE("unknown priorities and counts are refused") {
  REQUIRE_THROWS_WITH(ds::plan_candidates({"fast", 1}),
                      "unknown priority 'fast'; known: speed, balanced, accuracy");
  REQUIRE_THROWS_WITH(ds::plan_candidates({"speed", 0}), "--candidates is 0; it must be at least 1");
}

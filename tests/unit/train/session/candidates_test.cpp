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

TEST_CASE("custom candidates stand instead of the grid, with what they leave open pinned") {
  ds::CandidateRequest request;
  request.priority = "accuracy";
  request.input_side = 224;
  request.custom = {ds::parse_candidate("yolox-nano"), ds::parse_candidate("yolox-tiny:416"),
                    ds::parse_candidate("yolox-tiny:416:speed")};
  REQUIRE(ds::plan_candidates(request) == std::vector<ds::Candidate>{{"yolox-nano", 224, "accuracy"},
                                                                     {"yolox-tiny", 416, "accuracy"},
                                                                     {"yolox-tiny", 416, "speed"}});
  request.custom.push_back(ds::parse_candidate("yolox-tiny:416:speed"));
  REQUIRE_THROWS_WITH(ds::plan_candidates(request), "--candidate yolox-tiny:416:speed was given twice");
  request.custom.pop_back();
  request.count = 2;
  REQUIRE_THROWS_WITH(ds::plan_candidates(request), "--candidates 2: 3 were named with --candidate");
}

TEST_CASE("a custom candidate that cannot be read says what was expected") {
  REQUIRE_THROWS_WITH(ds::parse_candidate(":416"),
                      "--candidate: found ':416', expected ARCH, ARCH:SIZE or ARCH:SIZE:RECIPE");
  REQUIRE_THROWS_WITH(ds::parse_candidate("yolox-nano:big"),
                      "--candidate yolox-nano:big: 'big' is not an input size (32 to 4096)");
}

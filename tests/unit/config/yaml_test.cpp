#include "ds/config/yaml.h"

#include <yaml-cpp/yaml.h>

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("a syntax error has its place, its line and a caret") {
  REQUIRE_THROWS_WITH(with_yaml_text("a: 1\nb: [1, 2\n", "p.yaml", [](const YAML::Node&) {}),
                      Catch::StartsWith("p.yaml:3:1: "));
  REQUIRE_THROWS_AS(with_yaml_text("a: x\n", "p.yaml", [](const YAML::Node& n) { n["a"].as<int>(); }),
                    FormatError);
}

TEST_CASE("scalars read back as the same text") {
  for (std::string text : {"plain", "", "no", " padded ", "a: b", "- x", "12", "#c", "\"q\"", "it's"})
    REQUIRE(YAML::Load("k: " + yaml_scalar(text))["k"].as<std::string>() == text);
}

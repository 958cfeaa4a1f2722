#include "ds/arch/architecture.h"

#include <set>

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("every architecture's default input is of its multiple, and its pixels have a scale") {
  REQUIRE_FALSE(architectures().entries().empty());
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    const auto& architecture = entry.value;
    CHECK(entry.name.starts_with(architecture.family + "-"));
    CHECK_FALSE(entry.summary.empty());
    CHECK(architecture.default_width % architecture.multiple == 0);
    CHECK(architecture.default_height % architecture.multiple == 0);
    for (double scale : architecture.preprocessing.scale) CHECK(scale > 0);
    CHECK(architecture.preprocessing.pad_value == 114);
  }
}

TEST_CASE("no two architectures have the same stem: weights tell whose they are") {
  std::set<std::pair<std::string, std::int64_t>> stems;
  for (const auto& entry : architectures().entries()) {
    INFO(entry.name);
    CHECK(stems.emplace(entry.value.stem.weight, entry.value.stem.channels).second);
  }
}

TEST_CASE("the default architecture is one of them; another name is refused with the nearest") {
  CHECK(architectures().contains(kDefaultArchitecture));
  CHECK_THROWS_AS(architectures().at("yolox-nan"), UsageError);
}

TEST_CASE("labels are smoothed by YOLOX's loss alone") {
  for (const auto& entry : architectures().entries())
    CHECK(entry.value.label_smoothing == (entry.value.family == "yolox"));
}

#include "ds/dataset/class_list.h"

#include <set>

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("classes keep their order and refuse duplicates") {
  ClassList classes({"car", "person"});
  REQUIRE(classes.index_of("person") == 1);
  REQUIRE_FALSE(classes.find("dog"));
  REQUIRE_THROWS_WITH(classes.add({.name = "car"}), "class 'car' is there already");
  REQUIRE_THROWS_WITH(classes.index_of("persn"), "unknown class 'persn'; known: car, person");
}

TEST_CASE("the first colours differ") {
  std::set<std::string> colors;
  for (int i = 0; i < 40; ++i) {
    auto color = palette_color(i);
    REQUIRE(color.size() == 7);
    REQUIRE(color[0] == '#');
    colors.insert(color);
  }
  REQUIRE(colors.size() == 40);
}

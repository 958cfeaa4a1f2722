#include "ds/base/registry.h"

#include <functional>

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("a registry keeps its order and names the nearest") {
  Registry<std::function<int()>> registry("annotation format");
  registry.add("coco", "COCO JSON", [] { return 1; });
  registry.add("voc", "Pascal VOC", [] { return 2; });
  REQUIRE(registry.names() == std::vector<std::string>{"coco", "voc"});
  REQUIRE(registry.at("voc").value() == 2);
  REQUIRE(registry.contains("coco"));
  REQUIRE_FALSE(registry.contains("yolo"));
  REQUIRE_THROWS_WITH(registry.at("cocco"), "unknown annotation format 'cocco'; known: coco, voc");
}

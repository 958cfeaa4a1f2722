#include "ds/metrics/eval_input.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

Dataset two_images() {
  Dataset dataset{ClassList({"cat", "rain", "night"}), {}};
  Image first{.name = "left/day/1.jpg", .width = 640, .height = 480};
  first.group = "video 1";
  first.split = Split::test;
  first.attributes = {{"camera", "left"}};
  first.tags = {{1, true}, {2, true}, {0, false}};
  Annotation cat;
  cat.shape = Box{0, 0, 10, 10};
  first.annotations = {cat};
  dataset.images = {first, Image{.name = "2.jpg"}};
  return dataset;
}

}  // namespace

TEST_CASE("what numbers can be sliced by comes with the images") {
  const auto truth = truth_from_dataset(two_images());
  const auto& image = truth.images[0];
  REQUIRE(image.width == 640);
  REQUIRE(image.height == 480);
  REQUIRE(image.attributes == std::map<std::string, std::string>{{"camera", "left"},
                                                                 {"folder", "left/day"},
                                                                 {"group", "video 1"},
                                                                 {"split", "test"},
                                                                 {"tag", "night\nrain"},
                                                                 {"tag absent", "cat"}});
  REQUIRE(truth.images[1].attributes.empty());
}

TEST_CASE("what the source says itself stays") {
  auto dataset = two_images();
  dataset.images[0].attributes["split"] = "B";
  REQUIRE(truth_from_dataset(dataset).images[0].attributes.at("split") == "B");
}

TEST_CASE("attributes and sizes are no part of the fingerprint") {
  auto dataset = two_images();
  const auto before = fingerprint(truth_from_dataset(dataset));
  dataset.images[0].attributes["camera"] = "right";
  dataset.images[0].tags.clear();
  dataset.images[0].width = 320;
  REQUIRE(fingerprint(truth_from_dataset(dataset)) == before);
}

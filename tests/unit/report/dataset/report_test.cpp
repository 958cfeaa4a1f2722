#include "ds/report/dataset_report.h"

#include <nlohmann/json.hpp>

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// Twelve cars and a dog in training, a negative in val, an image in no split.
DatasetDistribution example() {
  Dataset dataset;
  dataset.classes = ClassList({"car", "dog", "cat"});
  Image a{.name = "a",
          .width = 640,
          .height = 480,
          .group = "v",
          .split = Split::train,
          .state = ImageState::done};
  for (int i = 0; i < 12; ++i)
    a.annotations.push_back({.class_idx = 0, .shape = Box{10.0 * i, 0, 10.0 * i + 20, 10}});
  a.annotations.push_back({.class_idx = 1, .shape = Box{0, 0, 100, 100}});
  Image b{.name = "b",
          .width = 640,
          .height = 480,
          .group = "v",
          .split = Split::train,
          .state = ImageState::done};
  Image c{.name = "c", .width = 320, .height = 240};
  dataset.images = {a, b, c};
  return distribution_of(dataset);
}

}  // namespace

TEST_CASE("a dataset on a terminal") {
  // Cars are 20x10: in 416, 10 * 416 / 640 = 6.5 pixels; in 640, 10. 95 % of 13 need 8 * 640 / 10 = 512.
  REQUIRE(dataset_text(example()) ==
          R"(3 images, 13 objects of 3 classes, 1 negative

split  images  labelled  negatives  objects    share
-----  ------  --------  ---------  -------  -------
train       2         1          1       13  100.0 %
none        1         0          0        0    0.0 %

class  objects   share  images  train  val  test  small  medium  large  side
-----  -------  ------  ------  -----  ---  ----  -----  ------  -----  ----
car         12  92.3 %       1     12    0     0     12       0      0    14
dog          1   7.7 %       1      1    0     0      0       0      1   100
cat          0   0.0 %       0      0    0     0      0       0      0

                          min   5 %  25 %  median  75 %  95 %  max
-----------------------  ----  ----  ----  ------  ----  ----  ---
objects an image            0   0.7   3.2     6.5   9.8  12.3   13
side of boxes, pixels    14.1  14.1  14.1    14.1  14.1  48.5  100
side, % of the image      2.6   2.6   2.6     2.6   2.6   8.7   18
width / height of boxes     1   1.6     2       2     2     2    2
image width               320   352   480     640   640   640  640
image height              240   264   360     480   480   480  480

states: 1 unlabelled, 2 done
image sizes: 640x480 (2), 320x240 (1)
together: car + dog (1 image)
groups: 1 with 2 images, the largest v (2)
objects under 8 pixels on the shorter side in a network's input: 12 (92.3 %) at 416, 0 (0.0 %) at 640

worth a look:
- car has 12 times the objects of dog (12 and 1): label more of the rare ones
- 1 class without objects: cat
- 1 image is in no split: nothing trains on or measures with them
- 92.3 % of the objects are under 8 pixels in an input of 416 (most of all car: 100.0 %); 512 keeps 95 % of them above it
- nobody has looked at 1 of 3 images
)");
}

TEST_CASE("a dataset as JSON") {
  const auto json = dataset_json(example());
  REQUIRE(json["format"] == "ds-stats");
  REQUIRE(json["objects"] == 13);
  REQUIRE(json["imbalance"] == 12.0);
  REQUIRE(json["tiny"] == nlohmann::ordered_json({{"416", 12}, {"640", 0}}));
  REQUIRE(json["input_for_most"] == 512);
  REQUIRE(json["classes"][0]["name"] == "car");
  REQUIRE(json["classes"][0]["train"] == 12);
  REQUIRE(json["splits"][0]["objects_of_class"]["dog"] == 1);
  REQUIRE(json["histograms"]["side"]["edges"].back().is_null());
  REQUIRE(json["together"][0]["images"] == 1);
  REQUIRE(json["groups"].dump() == R"({"count":1,"images":2,"videos":0})");
  const auto parts = parts_json(example(), "group");
  REQUIRE(parts["by"] == "group");
  REQUIRE(parts["parts"][0]["group"] == "v");
  REQUIRE_THROWS_WITH(parts_json(example(), "colour"),
                      "unknown part of a dataset 'colour'; known: class, split, group");
}

TEST_CASE("rows of parts") {
  const auto table = parts_table(example(), "split");
  REQUIRE(table.rows[0].back().text == "car 92 %");
  REQUIRE(table.rows[0].front().text == "train");
  REQUIRE(parts_table(distribution_of({}), "group").notes ==
          std::vector<std::string>{"No two images share a group."});
}

TEST_CASE("what stands out is said") {
  REQUIRE(
      dataset_advice(example()) ==
      std::vector<std::string>{
          "car has 12 times the objects of dog (12 and 1): label more of the rare ones",
          "1 class without objects: cat", "1 image is in no split: nothing trains on or measures with them",
          "92.3 % of the objects are under 8 pixels in an input of 416 (most of all car: 100.0 %); 512 keeps "
          "95 % of them above it",
          "nobody has looked at 1 of 3 images"});
  REQUIRE(dataset_advice(distribution_of({})).empty());
}

TEST_CASE("a dataset's page has its charts, and nothing of nothing") {
  const auto page = dataset_page(example(), {.title = "farm", .footer = "Made by a test"});
  for (const auto* title :
       {"Objects of each class, by split", "Share of each class inside each split",
        "Small, medium and large objects of each class",
        "Objects under 8 pixels on the shorter side, by input size", "Sides of boxes in pixels",
        "Sides of boxes relative to the image", "Aspect of boxes", "Where box centres lie",
        "Objects an image", "Aspect of images", "Images that hold both classes"})
    REQUIRE(page.find(std::string(">") + title + "</figcaption>") != std::string::npos);
  REQUIRE(page == dataset_page(example(), {.title = "farm", .footer = "Made by a test"}));
  REQUIRE(dataset_page(distribution_of({})).find("<canvas") == std::string::npos);
}

#include "ds/dataset/statistics.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("objects are counted by class, size and split; proposals are not") {
  Dataset dataset;
  dataset.classes = ClassList({"car", "dog", "cat"});
  Image a{.name = "a", .width = 200, .height = 100, .split = Split::train, .state = ImageState::done};
  // areas 31*31, 32*32 and 96*96: the bounds belong to the larger size
  a.annotations = {{.class_idx = 0, .shape = Box{0, 0, 31, 31}},
                   {.class_idx = 0, .shape = Box{0, 0, 32, 32}},
                   {.class_idx = 0, .shape = Box{0, 0, 96, 96}},
                   {.class_idx = 1, .shape = Box{0, 0, 10, 40}},
                   {.class_idx = 1, .shape = Box{0, 0, 10, 10}, .proposal = true}};
  Image b{.name = "b", .width = 100, .height = 300, .split = Split::val, .state = ImageState::done};
  Image c{.name = "c", .width = 120, .height = 120};
  dataset.images = {a, b, c};
  auto stats = statistics_of(dataset);
  REQUIRE(stats.objects == 4);
  REQUIRE(stats.classes[0].of_size == std::array<std::size_t, 3>{1, 1, 1});
  REQUIRE(stats.classes[0].median_side == 32);
  REQUIRE(stats.classes[0].share == 0.75);
  REQUIRE(stats.classes[0].images == 1);
  REQUIRE(stats.classes[1].median_side == 20);  // sqrt(10 * 40)
  REQUIRE(stats.classes[2].objects == 0);
  REQUIRE(stats.imbalance == 3);
  REQUIRE(stats.splits.size() == 3);
  REQUIRE(stats.splits[1].negatives == 1);
  REQUIRE(stats.splits[2].negatives == 0);
  REQUIRE(stats.image_width.median == 120);
  // of a (4) and b (0); c is unlabelled
  REQUIRE(stats.objects_per_image.median == 2);
}

TEST_CASE("an empty dataset has empty statistics") {
  auto stats = statistics_of({});
  REQUIRE(stats.images == 0);
  REQUIRE(stats.imbalance == 0);
  REQUIRE(stats.splits.empty());
}

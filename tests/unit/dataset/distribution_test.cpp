#include "ds/dataset/distribution.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

Annotation object(int class_idx, Box box) {
  return {.class_idx = class_idx, .shape = box};
}

/// Three images of 200x100: cars and dogs, a negative, and one nobody has looked at.
Dataset example() {
  Dataset dataset;
  dataset.classes = ClassList({"car", "dog", "cat"});
  Image a{.name = "a",
          .width = 200,
          .height = 100,
          .group = "v",
          .origin = "v.mp4",
          .time_s = 0.0,
          .split = Split::train,
          .state = ImageState::done};
  a.annotations = {object(0, {0, 0, 40, 10}), object(0, {0, 0, 100, 100}), object(1, {180, 80, 200, 100})};
  a.annotations.push_back(object(0, {0, 0, 5, 5}));
  a.annotations.back().proposal = true;
  a.tags = {{2, true}, {1, false}};
  Image b{.name = "b",
          .width = 200,
          .height = 100,
          .group = "v",
          .origin = "v.mp4",
          .time_s = 1.0,
          .split = Split::train,
          .state = ImageState::done};
  Image c{.name = "c",
          .width = 100,
          .height = 100,
          .group = "w",
          .split = Split::val,
          .state = ImageState::unlabelled};
  c.annotations = {object(1, {10, 10, 10, 20})};
  dataset.images = {a, b, c};
  return dataset;
}

}  // namespace

TEST_CASE("quantiles lie between the ranks") {
  // ranks 0..4: 5 % at 0.2 -> 1 + .2 * (2 - 1) = 1.2; 25 % at 1 -> 2; 75 % at 3 -> 4; 95 % at 3.8 -> 4
  // + .8 * 6
  auto q = quantiles_of({10, 2, 1, 4, 3});
  REQUIRE(q.count == 5);
  REQUIRE(q.min == 1);
  REQUIRE(q.p5 == Approx(1.2));
  REQUIRE(q.p25 == Approx(2));
  REQUIRE(q.median == Approx(3));
  REQUIRE(q.p75 == Approx(4));
  REQUIRE(q.p95 == Approx(8.8));
  REQUIRE(q.max == 10);
  REQUIRE(q.mean == Approx(4));
  REQUIRE(quantiles_of({}).count == 0);
}

TEST_CASE("objects are counted by class, split and group, without proposals") {
  const auto d = distribution_of(example());
  REQUIRE(d.whole.images == 3);
  REQUIRE(d.whole.objects == 4);
  REQUIRE(d.whole.labelled == 2);
  REQUIRE(d.whole.negatives == 1);
  REQUIRE(d.proposals == 1);
  REQUIRE(d.without_area == 1);
  REQUIRE(d.classes[0].objects == 2);
  REQUIRE(d.classes[0].images == 1);
  REQUIRE(d.classes[0].share == Approx(0.5));
  REQUIRE(d.classes[1].images == 2);
  REQUIRE(d.classes[2].objects == 0);
  REQUIRE(d.imbalance == Approx(1));  // 2 cars, 2 dogs; cats do not occur
  REQUIRE(d.splits.size() == 2);
  REQUIRE(d.splits[0].name == "train");
  REQUIRE(d.splits[0].of_class == std::vector<std::size_t>{2, 1, 0});
  REQUIRE(d.groups.size() == 1);  // w has one image
  REQUIRE(d.groups[0].name == "v");
  REQUIRE(d.groups[0].images == 2);
  REQUIRE(d.videos == 1);
  REQUIRE(d.tags[2].present == 1);
  REQUIRE(d.tags[1].absent == 1);
  REQUIRE(d.of_state[static_cast<std::size_t>(ImageState::unlabelled)] == 1);
}

TEST_CASE("sizes, aspects and places of boxes") {
  const auto d = distribution_of(example());
  // sides: sqrt(40 * 10) = 20, sqrt(100 * 100) = 100, sqrt(20 * 20) = 20
  REQUIRE(d.whole.side.count == 3);
  REQUIRE(d.whole.side.median == Approx(20));
  REQUIRE(d.side_pixels.counts[3] == 2);  // 16 to 32
  REQUIRE(d.side_pixels.counts[6] == 1);  // 96 to 128
  // of the image's sqrt(200 * 100) = 141.4: .1414, .7071, .1414
  REQUIRE(d.side_share.counts[6] == 2);   // .1 to .15
  REQUIRE(d.side_share.counts[11] == 1);  // .5 to .75
  REQUIRE(d.whole.aspect.max == Approx(4));
  REQUIRE(d.box_aspect.counts[5] == 2);  // 4:5 to 5:4
  REQUIRE(d.box_aspect.counts[9] == 1);  // 3 to 5
  // areas 400, 10000, 400, and 0 of the box without width
  REQUIRE(d.whole.of_size == std::array<std::size_t, 3>{3, 0, 1});
  // centres (20,5), (50,50), (190,90) of 200x100
  REQUIRE(d.positions[0 * 10 + 1] == 1);
  REQUIRE(d.positions[5 * 10 + 2] == 1);
  REQUIRE(d.positions[9 * 10 + 9] == 1);
}

TEST_CASE("objects per image leave out images nobody looked at") {
  const auto d = distribution_of(example());
  REQUIRE(d.objects_per_image.edges == std::vector<double>{0, 1, 2, 3, 4});
  REQUIRE(d.objects_per_image.counts == std::vector<std::size_t>{1, 0, 0, 1});
  Dataset crowded;
  crowded.classes = ClassList({"car"});
  Image image{.name = "a", .width = 10, .height = 10, .state = ImageState::done};
  image.annotations.resize(64, object(0, {0, 0, 1, 1}));
  crowded.images = {image};
  // 64 / 1 and 64 / 2 are 30 ranges and more, 64 / 5 is not
  const auto histogram = distribution_of(crowded).objects_per_image;
  REQUIRE(histogram.edges[1] == 5);
  REQUIRE(histogram.edges.back() == 65);
  REQUIRE(histogram.counts.back() == 1);
}

TEST_CASE("what is too small in a network's input") {
  const auto d = distribution_of(example(), {.input_sizes = {100, 200}});
  // in 100: scale 100 / 200; shorter sides 10, 100, 20 become 5, 50, 10. In 200 they stay.
  REQUIRE(d.whole.tiny == std::vector<std::size_t>{1, 0});
  REQUIRE(d.classes[0].tiny == std::vector<std::size_t>{1, 0});
  REQUIRE(d.classes[1].tiny == std::vector<std::size_t>{0, 0});
  // needed: 8 * 200 / {10, 100, 20} = 160, 16, 80; 95 %: rank 1.9 -> 80 + .9 * 80 = 152, up to 160
  REQUIRE(d.input_for_most == 160);
}

TEST_CASE("classes that occur together") {
  const auto d = distribution_of(example());
  REQUIRE(d.pairs.size() == 1);
  REQUIRE(d.pairs[0].first == 0);
  REQUIRE(d.pairs[0].second == 1);
  REQUIRE(d.pairs[0].images == 1);
  REQUIRE(d.pairs[0].lift == Approx(1.0 * 3 / (1 * 2)));
}

TEST_CASE("nothing has a distribution too, options are checked") {
  const auto d = distribution_of({});
  REQUIRE(d.whole.images == 0);
  REQUIRE(d.input_for_most == 0);
  REQUIRE(d.objects_per_image.counts == std::vector<std::size_t>{0});
  REQUIRE_THROWS_WITH(distribution_of({}, {.input_sizes = {0}}), "input_sizes: 0 is not a size in pixels");
  REQUIRE_THROWS_WITH(distribution_of({}, {.tiny_side = 0}), "tiny_side: 0 is not above 0");
}

TEST_CASE("the bounds of small, medium and large belong to the larger size") {
  Dataset dataset;
  dataset.classes = ClassList({"car"});
  Image a{.name = "a", .width = 200, .height = 100, .split = Split::test, .state = ImageState::done};
  a.annotations = {object(0, {0, 0, 31, 31}), object(0, {0, 0, 32, 32}), object(0, {0, 0, 96, 96})};
  dataset.images = {a};
  const auto d = distribution_of(dataset);
  REQUIRE(d.classes[0].of_size == std::array<std::size_t, 3>{1, 1, 1});
  REQUIRE(d.classes[0].of_split[static_cast<std::size_t>(Split::test)] == 3);
  // A declared area counts instead of the box's.
  dataset.images[0].annotations[2].area = 100;
  REQUIRE(distribution_of(dataset).classes[0].of_size == std::array<std::size_t, 3>{2, 1, 0});
}

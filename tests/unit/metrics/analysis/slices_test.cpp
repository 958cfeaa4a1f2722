#include "ds/metrics/slices.h"

#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// Pictures of one class; picture i holds `objects[i]` objects side by side.
TruthTable pictures(const std::vector<int>& objects) {
  TruthTable truth{{}, {{1, "cat"}}, {}};
  for (std::size_t i = 0; i < objects.size(); ++i) {
    truth.images.push_back({static_cast<std::int64_t>(i) + 1, "image-" + std::to_string(i), {}});
    for (int k = 0; k < objects[i]; ++k) {
      TruthObject object{100.0 * k, 0, 50, 50, 2500};
      object.image_idx = static_cast<std::int32_t>(i);
      truth.objects.push_back(object);
    }
  }
  return truth;
}

std::vector<std::string> names(const std::vector<Slice>& slices, const std::string& attribute) {
  std::vector<std::string> all;
  for (const auto& slice : slices)
    if (slice.attribute == attribute) all.push_back(slice.value);
  return all;
}

const Slice& slice(const std::vector<Slice>& slices, const std::string& attribute, const std::string& value) {
  for (const auto& one : slices)
    if (one.attribute == attribute && one.value == value) return one;
  throw std::runtime_error("no slice " + attribute + " " + value);
}

}  // namespace

TEST_CASE("slices by the number of objects, in order of size; crowd and ignored ones are not counted") {
  auto truth = pictures({0, 1, 3, 11, 5, 1});
  TruthObject crowd{0, 200, 50, 50, 2500};
  crowd.image_idx = 1;
  crowd.crowd = true;
  truth.objects.push_back(crowd);
  const auto slices = slices_of(truth);
  REQUIRE(names(slices, "objects in the image") ==
          std::vector<std::string>{"0", "1", "2 to 4", "5 to 10", "11 to 30"});
  REQUIRE(slice(slices, "objects in the image", "1").images == std::vector<std::int32_t>{1, 5});
  REQUIRE(names(slices, "shape of the image").empty());  // no size is known
}

TEST_CASE("slices by shape: 1.1 is where a square ends") {
  auto truth = pictures({1, 1, 1, 1, 1});
  const int sizes[][2] = {{109, 100}, {110, 100}, {100, 110}, {640, 480}, {0, 0}};
  for (std::size_t i = 0; i < 5; ++i) {
    truth.images[i].width = sizes[i][0];
    truth.images[i].height = sizes[i][1];
  }
  const auto slices = slices_of(truth);
  REQUIRE(names(slices, "shape of the image") ==
          std::vector<std::string>{"square", "tall", "wide", "(none)"});
  REQUIRE(slice(slices, "shape of the image", "wide").images == std::vector<std::int32_t>{1, 3});
  REQUIRE(slice(slices, "shape of the image", "(none)").images == std::vector<std::int32_t>{4});
}

TEST_CASE("attributes: numbers by size, a slice for each line, what has too many values or one is left out") {
  auto truth = pictures({1, 1, 1, 1});
  const char* heights[] = {"10", "9", "1.5", "10"};
  for (std::size_t i = 0; i < 4; ++i) {
    truth.images[i].attributes = {{"height", heights[i]}, {"same", "x"}, {"file", "f" + std::to_string(i)}};
  }
  truth.images[0].attributes["tag"] = "night\nrain";
  truth.images[3].attributes["tag"] = "rain";
  const auto slices = slices_of(truth);
  REQUIRE(names(slices, "height") == std::vector<std::string>{"1.5", "9", "10"});
  REQUIRE(names(slices, "tag") == std::vector<std::string>{"night", "rain", "(none)"});
  REQUIRE(slice(slices, "tag", "rain").images == std::vector<std::int32_t>{0, 3});
  REQUIRE(slice(slices, "tag", "(none)").images == std::vector<std::int32_t>{1, 2});
  REQUIRE(names(slices, "same").empty());
  REQUIRE(names(slices, "file").empty());
  REQUIRE(names(slices_of(truth, 2), "height").empty());
}

TEST_CASE("numbers of a slice are those of its images alone") {
  auto truth = pictures({1, 1, 2});
  for (std::size_t i = 0; i < 3; ++i) truth.images[i].attributes["camera"] = i == 1 ? "right" : "left";
  // Left: one of three objects is found exactly: precision 1 up to recall 1/3, which are the 34 recall
  // thresholds 0 to .33. Right: nothing is found.
  const DetectionTable found{"m", {{0, 0, 50, 50, 0.9, 0, 0}, {500, 500, 50, 50, 0.99, 1, 0}}};
  const auto slices = slices_of(truth);
  const auto numbers = slice_numbers(truth, match(truth, found), slices, {.resamples = 0});
  REQUIRE(numbers.size() == slices.size());
  const auto& left = numbers[0];
  REQUIRE(slices[0].value == "left");
  REQUIRE(left.images == 2);
  REQUIRE(left.objects == 3);
  REQUIRE(left.ap == Approx(34.0 / 101).epsilon(1e-12));
  REQUIRE(left.ap50 == Approx(34.0 / 101).epsilon(1e-12));
  REQUIRE_FALSE(left.interval.has_value());
  REQUIRE(numbers[1].ap == 0);
}

TEST_CASE("a slice without objects has no AP") {
  const auto truth = pictures({0, 0, 1});
  const auto slices = slices_of(truth);
  const auto numbers = slice_numbers(truth, match(truth, DetectionTable{"m", {}}), slices, {.resamples = 30});
  REQUIRE(slices[0].value == "0");
  REQUIRE(numbers[0].ap == -1);
  REQUIRE_FALSE(numbers[0].interval.has_value());
}

TEST_CASE("intervals of slices: which half is worse is told, at any thread count and order of images") {
  // The same pictures twice; in the half "night" the model finds nothing at all.
  auto made = testing::synthetic_truth({.images = 40, .jitter = .02, .missed = .1});
  for (std::size_t i = 0; i < 40; ++i) made.truth.images[i].attributes["time"] = i % 2 ? "night" : "day";
  std::erase_if(made.detections.boxes, [](const auto& box) { return box.image_idx % 2 == 1; });
  std::vector<Slice> slices{{"time", "day", {}}, {"time", "night", {}}};
  for (std::int32_t i = 0; i < 40; ++i) slices[static_cast<std::size_t>(i % 2)].images.push_back(i);
  const BootstrapOptions options{.resamples = 100, .seed = 3};
  const auto numbers = slice_numbers(made.truth, match(made.truth, made.detections), slices, options);
  REQUIRE(numbers[0].interval->low > 0.5);
  REQUIRE(numbers[0].interval->high < 1);
  REQUIRE(numbers[0].against_the_rest->low > 0.5);
  REQUIRE(numbers[1].interval == Interval{0, 0});
  REQUIRE(numbers[1].against_the_rest->high < -0.5);
  auto more = options;
  more.threads = 3;
  REQUIRE(slice_numbers(made.truth, match(made.truth, made.detections), slices, more)[0].interval ==
          numbers[0].interval);

  auto turned = made;
  std::reverse(turned.truth.images.begin(), turned.truth.images.end());
  for (auto& object : turned.truth.objects) object.image_idx = 39 - object.image_idx;
  for (auto& box : turned.detections.boxes) box.image_idx = 39 - box.image_idx;
  auto turned_slices = slices;
  for (auto& one : turned_slices)
    for (auto& i : one.images) i = 39 - i;
  const auto again =
      slice_numbers(turned.truth, match(turned.truth, turned.detections), turned_slices, options);
  REQUIRE(again[0].ap == numbers[0].ap);
  REQUIRE(again[0].interval == numbers[0].interval);
  REQUIRE(again[0].against_the_rest == numbers[0].against_the_rest);
}

TEST_CASE("fewer than ten groups give no interval") {
  auto made = testing::synthetic_truth({.images = 30});
  for (std::size_t i = 0; i < 30; ++i) made.truth.images[i].group = "video-" + std::to_string(i % 15);
  std::vector<Slice> slices{{"half", "few", {}}, {"half", "enough", {}}};
  for (std::int32_t i = 0; i < 30; ++i) slices[i % 15 < 9 ? 0 : 1].images.push_back(i);
  for (std::int32_t i = 0; i < 15; ++i) slices[1].images.push_back(i);
  std::sort(slices[1].images.begin(), slices[1].images.end());
  slices[1].images.erase(std::unique(slices[1].images.begin(), slices[1].images.end()),
                         slices[1].images.end());
  const auto numbers =
      slice_numbers(made.truth, match(made.truth, made.detections), slices, {.resamples = 50});
  REQUIRE_FALSE(numbers[0].interval.has_value());
  REQUIRE(numbers[1].interval.has_value());
  REQUIRE_FALSE(numbers[1].against_the_rest.has_value());  // the rest is too small
}

#include "ds/train/augment.h"

#include <cmath>
#include <opencv2/core.hpp>

#include <catch2/catch.hpp>

namespace {

using ds::AugmentOptions;
using ds::Box;
using ds::Random;

/// Black, with one white rectangle whose box is the only object.
std::shared_ptr<const ds::Picture> white_box(int width, int height, const Box& box) {
  cv::Mat pixels(height, width, CV_8UC3, cv::Scalar(0, 0, 0));
  pixels(cv::Rect(static_cast<int>(box.x0), static_cast<int>(box.y0), static_cast<int>(box.width()),
                  static_cast<int>(box.height())))
      .setTo(cv::Scalar(255, 255, 255));
  return ds::make_picture(pixels, width, height, {{box, 0, false}}, 64);
}

/// The smallest box around the pixels brighter than half.
Box bright_box(const ds::TrainSample& sample, const Box& within) {
  Box found{1e9, 1e9, -1e9, -1e9};
  for (int y = 0; y < sample.height; ++y)
    for (int x = 0; x < sample.width; ++x) {
      if (x < within.x0 - 3 || x > within.x1 + 3 || y < within.y0 - 3 || y > within.y1 + 3) continue;
      if (sample.bgr[static_cast<std::size_t>((y * sample.width + x) * 3)] < 128) continue;
      found.x0 = std::min(found.x0, static_cast<double>(x));
      found.y0 = std::min(found.y0, static_cast<double>(y));
      found.x1 = std::max(found.x1, static_cast<double>(x + 1));
      found.y1 = std::max(found.y1, static_cast<double>(y + 1));
    }
  return found;
}

void require_boxes_follow(const ds::TrainSample& sample, double tolerance) {
  for (const auto& object : sample.objects) {
    auto seen = bright_box(sample, object.box);
    REQUIRE(std::abs(seen.x0 - object.box.x0) <= tolerance);
    REQUIRE(std::abs(seen.y0 - object.box.y0) <= tolerance);
    REQUIRE(std::abs(seen.x1 - object.box.x1) <= tolerance);
    REQUIRE(std::abs(seen.y1 - object.box.y1) <= tolerance);
  }
}

AugmentOptions geometry_only() {
  AugmentOptions options;
  options.pad_value = 0;
  options.hue = options.saturation = options.value = 0;
  options.flip_horizontal = options.flip_vertical = options.quarter_turn = 0.5;
  return options;
}

}  // namespace

TEST_CASE("a plain sample is the top-left letterbox with its boxes") {
  auto picture = white_box(200, 100, {40, 20, 100, 60});
  auto sample = ds::plain_sample(*picture, 100, 100);
  // scale = min(100/200, 100/100) = 0.5: the box becomes 20,10..50,30; rows 50..99 are padding.
  REQUIRE(sample.objects.size() == 1);
  REQUIRE(sample.objects[0].box == Box{20, 10, 50, 30});
  REQUIRE(bright_box(sample, sample.objects[0].box) == Box{20, 10, 50, 30});
  REQUIRE(sample.bgr[static_cast<std::size_t>((99 * 100 + 99) * 3)] == 114);
  REQUIRE(sample.bgr[static_cast<std::size_t>((49 * 100 + 99) * 3)] == 0);
}

TEST_CASE("boxes follow the pixels of a single picture through flips, turns and scale") {
  auto picture = white_box(320, 240, {100, 60, 180, 160});
  auto options = geometry_only();
  options.mosaic = 0;
  options.scale_min = 0.5;
  options.scale_max = 1.0;
  int objects = 0;
  for (int i = 0; i < 40; ++i) {
    Random random(static_cast<std::uint64_t>(i));
    auto sample = ds::augmented_sample([&](std::size_t) { return picture; }, 1, 0, options, 160, 160, random);
    require_boxes_follow(sample, 2.0);
    objects += static_cast<int>(sample.objects.size());
  }
  REQUIRE(objects == 40);
}

TEST_CASE("boxes follow the pixels of a mosaic") {
  auto picture = white_box(320, 240, {100, 60, 180, 160});
  auto options = geometry_only();
  options.mosaic = 1;
  options.mosaic_scale_min = 0.6;
  options.mosaic_scale_max = 1.2;
  std::size_t objects = 0;
  for (int i = 0; i < 40; ++i) {
    Random random(static_cast<std::uint64_t>(i), "mosaic");
    auto sample = ds::augmented_sample([&](std::size_t) { return picture; }, 1, 0, options, 256, 256, random);
    // A cut object that is only ignored still has its visible part as box.
    require_boxes_follow(sample, 2.5);
    objects += sample.objects.size();
  }
  REQUIRE(objects > 60);
}

TEST_CASE("a rotated box is the upright one around its corners") {
  // A square of side 100 about the middle of 300x300, turned by up to 30 degrees: its bounds grow to at most
  // 100 (cos 30 + sin 30) = 136.6 and the white pixels stay inside.
  auto picture = white_box(300, 300, {100, 100, 200, 200});
  auto options = geometry_only();
  options.mosaic = 0;
  options.flip_horizontal = options.flip_vertical = options.quarter_turn = 0;
  options.translate = 0;
  options.scale_min = options.scale_max = 1;
  options.degrees = 30;
  for (int i = 0; i < 20; ++i) {
    Random random(static_cast<std::uint64_t>(i), "turn");
    auto sample = ds::augmented_sample([&](std::size_t) { return picture; }, 1, 0, options, 300, 300, random);
    REQUIRE(sample.objects.size() == 1);
    auto box = sample.objects[0].box;
    REQUIRE(box.width() >= 100 - 1e-9);
    REQUIRE(box.width() <= 136.7);
    REQUIRE(box.center_x() == Approx(150).margin(1e-6));
    auto seen = bright_box(sample, box);
    REQUIRE(seen.x0 >= box.x0 - 1.5);
    REQUIRE(seen.x1 <= box.x1 + 1.5);
  }
}

TEST_CASE("an object that is nearly out of view becomes an ignore region") {
  // Enlarged twice, only a crop is seen: some samples cut the object to less than half.
  auto picture = white_box(100, 100, {0, 0, 100, 100});
  auto options = geometry_only();
  options.mosaic = 0;
  options.scale_min = options.scale_max = 2;
  options.min_visible = 0.5;
  Random random(1);
  auto sample = ds::augmented_sample([&](std::size_t) { return picture; }, 1, 0, options, 100, 100, random);
  // A quarter of the object's area (100x100 of 200x200) is in view: less than half.
  REQUIRE(sample.objects.size() == 1);
  REQUIRE(sample.objects[0].ignore);
  REQUIRE(sample.objects[0].box == Box{0, 0, 100, 100});
}

TEST_CASE("the same generator gives the same sample") {
  auto picture = white_box(320, 240, {100, 60, 180, 160});
  AugmentOptions options;
  options.mixup = 0.5;
  options.degrees = 5;
  Random first(7, "a");
  Random second(7, "a");
  Random third(7, "b");
  auto source = [&](std::size_t) { return picture; };
  auto a = ds::augmented_sample(source, 1, 0, options, 96, 64, first);
  auto b = ds::augmented_sample(source, 1, 0, options, 96, 64, second);
  auto c = ds::augmented_sample(source, 1, 0, options, 96, 64, third);
  REQUIRE(a.bgr == b.bgr);
  REQUIRE(a.objects == b.objects);
  REQUIRE(a.bgr != c.bgr);
}

TEST_CASE("mixup is the mean of two pictures with the objects of both") {
  cv::Mat dark(50, 50, CV_8UC3, cv::Scalar(10, 10, 10));
  cv::Mat light(50, 50, CV_8UC3, cv::Scalar(201, 201, 201));
  auto first = ds::make_picture(dark, 50, 50, {{{0, 0, 20, 20}, 0, false}}, 64);
  auto second = ds::make_picture(light, 50, 50, {{{10, 10, 40, 40}, 1, false}}, 64);
  AugmentOptions options;
  options.mosaic = 0;
  options.mixup = 1;
  options.scale_min = options.scale_max = 1;
  options.translate = 0;
  options.flip_horizontal = 0;
  options.hue = options.saturation = options.value = 0;
  bool mixed = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    auto sample = ds::augmented_sample([&](std::size_t i) { return i == 0 ? first : second; }, 2, 0, options,
                                       50, 50, random);
    REQUIRE(sample.objects.size() == 2);
    if (sample.objects[1].class_idx != 1) continue;
    mixed = true;
    // (10 + 201 + 1) / 2 = 106
    REQUIRE(sample.bgr[0] == 106);
    REQUIRE(sample.objects[0].box == Box{0, 0, 20, 20});
    REQUIRE(sample.objects[1].box == Box{10, 10, 40, 40});
  }
  REQUIRE(mixed);
}

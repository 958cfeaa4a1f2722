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

TEST_CASE("a picture drawn without rotation lies exactly where its boxes say, at every size and turn") {
  // A ramp of 3 levels a pixel across: the value tells the place, so a shift of half a pixel would show.
  cv::Mat pixels(60, 80, CV_8UC3);
  for (int y = 0; y < 60; ++y)
    for (int x = 0; x < 80; ++x)
      pixels.at<cv::Vec3b>(y, x) =
          cv::Vec3b(static_cast<std::uint8_t>(3 * x + 1), static_cast<std::uint8_t>(4 * y + 2), 0);
  // One object: the middle 40x30. Its edges are between pixels 19|20, 59|60 and 14|15, 44|45.
  auto picture = ds::make_picture(pixels, 80, 60, {{{20, 15, 60, 45}, 0, false}}, 200);
  auto options = geometry_only();
  options.mosaic = 0;
  options.scale_min = 0.8;
  options.scale_max = 1.6;
  int compared = 0;
  for (int i = 0; i < 60; ++i) {
    Random random(static_cast<std::uint64_t>(i), "ramp");
    auto sample = ds::augmented_sample([&](std::size_t) { return picture; }, 1, 0, options, 120, 120, random);
    for (const auto& object : sample.objects) {
      const auto& box = object.box;
      if (object.ignore || box.x0 < 2 || box.y0 < 2 || box.x1 > 118 || box.y1 > 118) continue;
      // The mean over the box is the mean of the object's: b = 3 * 39.5 + 1, g = 4 * 29.5 + 2.
      double blue = 0;
      double green = 0;
      int count = 0;
      for (int y = static_cast<int>(std::lround(box.y0)); y < static_cast<int>(std::lround(box.y1)); ++y)
        for (int x = static_cast<int>(std::lround(box.x0)); x < static_cast<int>(std::lround(box.x1)); ++x) {
          auto at = static_cast<std::size_t>((y * 120 + x) * 3);
          blue += sample.bgr[at];
          green += sample.bgr[at + 1];
          ++count;
        }
      REQUIRE(blue / count == Approx(119.5).margin(2));
      REQUIRE(green / count == Approx(120).margin(2.5));
      ++compared;
    }
  }
  REQUIRE(compared > 20);
}

TEST_CASE("a reduced JPEG of odd sides lies on the picture as its decoder and EXIF orientation say") {
  // 101x59 at 1/4: 26x15 pixels of 4, which reach 3 pixels over the right edge and 1 over the lower one.
  REQUIRE(ds::reduced_jpeg_grid(101, 59, 4, 1) == ds::PixelGrid{0, 0, 4, 4});
  REQUIRE(ds::reduced_jpeg_grid(101, 59, 4, 2) == ds::PixelGrid{-3, 0, 4, 4});
  REQUIRE(ds::reduced_jpeg_grid(101, 59, 4, 3) == ds::PixelGrid{-3, -1, 4, 4});
  REQUIRE(ds::reduced_jpeg_grid(101, 59, 4, 4) == ds::PixelGrid{0, -1, 4, 4});
  REQUIRE(ds::reduced_jpeg_grid(101, 59, 4, 5) == ds::PixelGrid{0, 0, 4, 4});
  REQUIRE(ds::reduced_jpeg_grid(101, 59, 4, 6) == ds::PixelGrid{-3, 0, 4, 4});
  REQUIRE(ds::reduced_jpeg_grid(101, 59, 4, 7) == ds::PixelGrid{-3, -1, 4, 4});
  REQUIRE(ds::reduced_jpeg_grid(101, 59, 4, 8) == ds::PixelGrid{0, -1, 4, 4});
  // Halving keeps the edges: 26 columns become 13 of 8 pixels each, 15 rows become 8 of 7.5.
  cv::Mat reduced(15, 26, CV_8UC3, cv::Scalar(0, 0, 0));
  auto picture = ds::make_picture(reduced, 101, 59, {}, 8, ds::reduced_jpeg_grid(101, 59, 4, 3));
  REQUIRE(picture->levels.size() == 2);
  REQUIRE(picture->levels[1].grid == ds::PixelGrid{-3, -1, 8, 7.5});
}

TEST_CASE("the colour matrix keeps greys, multiplies value, and does nothing at its neutral point") {
  auto apply = [](const std::array<std::array<double, 3>, 3>& m, std::array<double, 3> bgr) {
    std::array<double, 3> out{};
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) out[i] += m[i][j] * bgr[j];
    return out;
  };
  auto neutral = apply(ds::color_matrix(0, 1, 1), {10, 120, 250});
  REQUIRE(neutral[0] == Approx(10).margin(1e-9));
  REQUIRE(neutral[2] == Approx(250).margin(1e-9));
  for (double value : apply(ds::color_matrix(0.1, 1.7, 0.5), {80, 80, 80}))
    REQUIRE(value == Approx(40).margin(0.2));  // FCC's rows for I and Q sum to zero within 0.001
  // No saturation: the luma 0.114 * 10 + 0.587 * 120 + 0.299 * 250 = 146.33 in every channel.
  for (double value : apply(ds::color_matrix(0, 0, 1), {10, 120, 250}))
    REQUIRE(value == Approx(146.33).margin(0.5));
  // A turn and back.
  auto there = apply(ds::color_matrix(0.1, 1, 1), {10, 120, 250});
  REQUIRE(std::abs(there[2] - 250) > 5);
  REQUIRE(apply(ds::color_matrix(-0.1, 1, 1), there)[2] == Approx(250).margin(1e-6));
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
    // (10 + 201) / 2 = 105.5, to the even neighbour
    REQUIRE(sample.bgr[0] == 106);
    REQUIRE(sample.objects[0].box == Box{0, 0, 20, 20});
    REQUIRE(sample.objects[1].box == Box{10, 10, 40, 40});
  }
  REQUIRE(mixed);
}

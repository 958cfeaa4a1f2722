#include "ds/media/synthetic_scene.h"

#include <algorithm>
#include <opencv2/core.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/image_io.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("the same seed gives the same labels and pixels, whatever was made before") {
  SceneOptions options{.seed = 11, .width = 96, .height = 64, .classes = 8};
  cv::Mat first;
  cv::Mat again;
  auto image = make_scene(options, 5, &first);
  make_scene(options, 4);
  REQUIRE(make_scene(options, 5, &again) == image);
  REQUIRE(cv::norm(first, again, cv::NORM_INF) == 0);
  options.seed = 12;
  REQUIRE_FALSE(make_scene(options, 5) == image);
}

TEST_CASE("boxes lie inside, keep the wanted sizes, and overlap no more than allowed") {
  SceneOptions options{.images = 40, .classes = 8, .min_size = 0.2, .max_size = 0.3, .max_overlap = 0.1};
  auto dataset = make_scene_dataset(options);
  REQUIRE(dataset.classes.size() == 8);
  auto summary = summarize(dataset);
  REQUIRE(summary.negatives > 0);
  for (const auto& one : summary.classes) REQUIRE(one.annotations > 0);
  for (const auto& image : dataset.images) {
    for (std::size_t i = 0; i < image.annotations.size(); ++i) {
      auto box = image.annotations[i].box();
      REQUIRE(clipped(box, image.width, image.height) == box);
      double side = std::max(box.width(), box.height());
      // of the shorter side, 240
      REQUIRE(side >= 0.2 * 240 - 1e-9);
      REQUIRE(side <= 0.3 * 240 + 1e-9);
      for (std::size_t k = 0; k < i; ++k) REQUIRE(iou(box, image.annotations[k].box()) <= 0.1);
    }
  }
}

TEST_CASE("a label's box is where the pixels changed") {
  SceneOptions options{.width = 128,
                       .height = 96,
                       .classes = 8,
                       .min_objects = 1,
                       .max_objects = 1,
                       .min_size = 0.4,
                       .max_size = 0.5,
                       .noise = 0,
                       .negative_share = 0};
  for (int index = 0; index < 16; ++index) {
    cv::Mat with;
    auto image = make_scene(options, index, &with);
    auto box = image.annotations[0].box();
    // The shapes are far more colourful than any ground: the spread of the channels shows where they are.
    cv::Rect seen;
    for (int y = 0; y < with.rows; ++y)
      for (int x = 0; x < with.cols; ++x) {
        auto p = with.at<cv::Vec3b>(y, x);
        if (std::max({p[0], p[1], p[2]}) - std::min({p[0], p[1], p[2]}) > 90) seen |= cv::Rect(x, y, 1, 1);
      }
    CAPTURE(index);
    REQUIRE(seen.x == Approx(box.x0).margin(2));
    REQUIRE(seen.y == Approx(box.y0).margin(2));
    REQUIRE(seen.x + seen.width == Approx(box.x1).margin(2));
    REQUIRE(seen.y + seen.height == Approx(box.y1).margin(2));
  }
}

TEST_CASE("files are written with sizes and hashes") {
  TemporaryFolder folder;
  auto dataset = write_scene_images({.images = 2, .width = 64, .height = 48}, folder.path() / "in");
  auto header = read_image_header(folder.path() / "in" / dataset.images[1].name);
  REQUIRE(header.width() == 64);
  REQUIRE(dataset.images[1].sha256.size() == 64);
}

TEST_CASE("options out of range are named") {
  REQUIRE_THROWS_WITH(SceneOptions{.classes = 9}.validate(), "classes is 9; it can be 1 to 8");
  REQUIRE_THROWS_WITH(SceneOptions{.width = 4}.validate(), "size is 4x240; each side can be 32 to 8192");
  REQUIRE_THROWS_AS((SceneOptions{.min_objects = 5, .max_objects = 2}.validate()), UsageError);
}

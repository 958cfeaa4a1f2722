#include "ds/media/draw.h"

#include <opencv2/core.hpp>

#include <catch2/catch.hpp>

using namespace ds;

namespace {

cv::Vec3b at(const cv::Mat& image, int x, int y) {
  return image.at<cv::Vec3b>(y, x);
}

ClassList red() {
  ClassList classes;
  classes.add({.name = "car", .color = "#ff0000"});
  return classes;
}

}  // namespace

TEST_CASE("a box's outline lies on its edge, in the class's colour") {
  cv::Mat image(60, 80, CV_8UC3, cv::Scalar::all(0));
  draw_annotations(image, {{.class_idx = 0, .shape = Box{10.5, 20.5, 50.5, 40.5}}}, red(),
                   {.line_width = 1, .labels = false});
  // The pixel whose centre is 10.5 is column 10.
  REQUIRE(at(image, 10, 30)[2] > 200);
  REQUIRE(at(image, 50, 30)[2] > 200);
  REQUIRE(at(image, 30, 20)[2] > 200);
  REQUIRE(at(image, 30, 30) == cv::Vec3b(0, 0, 0));
  REQUIRE(at(image, 12, 30) == cv::Vec3b(0, 0, 0));
}

TEST_CASE("polygons and masks get a translucent inside, labels a filled plate") {
  cv::Mat image(60, 80, CV_8UC3, cv::Scalar::all(0));
  Annotation polygon{.class_idx = 0, .shape = Polygon{{{{10, 10}, {30, 10}, {30, 30}, {10, 30}}}}};
  // columns 40..49 of 60 rows: 40 * 60 zeros, 10 * 60 ones, 30 * 60 zeros
  Annotation mask{.class_idx = 0, .shape = RunLengthMask{60, 80, {2400, 600, 1800}}};
  draw_annotations(image, {polygon, mask}, red(), {.line_width = 1, .labels = false});
  REQUIRE(at(image, 20, 20)[2] == Approx(255 * 0.35).margin(1));
  REQUIRE(at(image, 45, 30)[2] == Approx(255 * 0.45).margin(1));
  REQUIRE(at(image, 60, 30) == cv::Vec3b(0, 0, 0));
  cv::Mat labelled(60, 80, CV_8UC3, cv::Scalar::all(0));
  draw_detections(labelled, {{0, 0.5, {10, 30, 40, 50}}}, red(), {.line_width = 1});
  REQUIRE(at(labelled, 11, 20) != cv::Vec3b(0, 0, 0));
}

TEST_CASE("shapes far outside the image are no trouble") {
  cv::Mat image(20, 20, CV_8UC3, cv::Scalar::all(0));
  draw_annotations(image,
                   {{.class_idx = 0, .shape = Box{-500, -500, 900, 900}},
                    {.class_idx = 0, .shape = Box{300, 300, 400, 400}}},
                   red());
  REQUIRE(image.cols == 20);
}

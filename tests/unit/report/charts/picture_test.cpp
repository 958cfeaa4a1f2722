#include "ds/report/picture.h"

#include <algorithm>
#include <opencv2/core.hpp>

#include "ds/base/error.h"
#include "ds/media/image_io.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

const cv::Vec3b kBlue(201, 99, 37), kOrange(12, 65, 194);  // of the first and the second series

Chart falling() {
  return {.kind = Chart::Kind::line,
          .title = "Loss",
          .x_title = "epoch",
          .labels = {"1", "2", "3", "4"},
          .series = {{.name = "loss", .values = {4, 3, std::nullopt, 1}}}};
}

cv::Mat drawn(const std::vector<Chart>& charts, const PictureOptions& options = {}) {
  return decode_image(charts_png(charts, options), "chart.png");
}

/// Rows (of a column range) in which the colour stands.
std::vector<int> rows_of(const cv::Mat& image, const cv::Vec3b& color, int first_column, int last_column) {
  std::vector<int> rows;
  for (int y = 0; y < image.rows; ++y)
    for (int x = first_column; x < last_column; ++x)
      if (image.at<cv::Vec3b>(y, x) == color) {
        rows.push_back(y);
        break;
      }
  return rows;
}

}  // namespace

TEST_CASE("a picture is as large as its panels, in pixels by its scale") {
  // 18 points of margin, 240 a panel, 4 at the end
  auto image = drawn({falling(), falling()});
  REQUIRE(image.cols == 1800);
  REQUIRE(image.rows == 2 * (18 + 2 * 240 + 4));
  image = drawn({falling()}, {.title = "t", .subtitle = "s", .width = 300, .panel_height = 100, .scale = 1});
  REQUIRE(image.cols == 300);
  REQUIRE(image.rows == 18 + 24 + 18 + 100 + 4);
}

TEST_CASE("a curve is drawn from left to right over its gaps, down when it falls") {
  auto image = drawn({falling()});
  // The axis begins at 18 + 56 points and ends 18 before the right side.
  const int left = 2 * 74, right = image.cols - 2 * 18;
  auto first = rows_of(image, kBlue, left, left + 20);
  auto middle = rows_of(image, kBlue, (left + right) * 3 / 5, (left + right) * 3 / 5 + 20);
  auto last = rows_of(image, kBlue, right - 20, right);
  REQUIRE_FALSE(first.empty());
  REQUIRE_FALSE(middle.empty());
  REQUIRE_FALSE(last.empty());
  REQUIRE(first.front() < middle.front());
  REQUIRE(middle.front() < last.front());
  // Nothing of it outside of the axes.
  REQUIRE(rows_of(image, kBlue, 0, left - 20).empty());
}

TEST_CASE("several series have colours of their own and a legend; marks stand where they belong") {
  auto chart = falling();
  REQUIRE(rows_of(drawn({chart}), kOrange, 0, 1800).empty());
  chart.series.push_back({.name = "box", .values = {2, 2, 2, 2}});
  auto image = drawn({chart});
  // The legend's line of the second series stands above the curves.
  REQUIRE(rows_of(image, kOrange, 0, 1800).front() < 2 * 40);
  // Position 2 of 0..3 is at two thirds; 2 pixels in each dash are of the full colour.
  const int at = 148 + (1800 - 36 - 148) * 2 / 3;
  const cv::Vec3b soft(105, 94, 85);
  const auto before = rows_of(image, soft, at - 2, at + 2).size();
  chart.marks = {{2, "closing"}};
  REQUIRE(rows_of(drawn({chart}), soft, at - 2, at + 2).size() > before + 100);
}

TEST_CASE("a chart without values is an empty frame, one that is no curve is refused") {
  REQUIRE_NOTHROW(drawn({{.kind = Chart::Kind::line, .title = "AP"}}));
  REQUIRE_NOTHROW(drawn({{.kind = Chart::Kind::curve, .title = "P", .series = {{.points = {{1, 2}}}}}}));
  REQUIRE_THROWS_WITH(charts_png({{.kind = Chart::Kind::bars, .title = "AP per class"}}),
                      "chart 'AP per class' is no curve: a picture shows curves");
}

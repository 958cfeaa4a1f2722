#include "data/draw_picture.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace ds::detail {
namespace {

/// The smallest level that need not be enlarged: bilinear sampling skips pixels when it shrinks
/// by more than two.
const PictureLevel& level_for(const Picture& picture, double scale) {
  std::size_t level = 0;
  while (level + 1 < picture.levels.size() && scale * picture.levels[level + 1].grid.step_x <= 1.0) ++level;
  return picture.levels[level];
}

Affine to_picture(const PixelGrid& grid) {
  return Affine::shift(grid.left, grid.top) * Affine::scaling(grid.step_x, grid.step_y);
}

Box whole(const Picture& picture) {
  return {0, 0, static_cast<double>(picture.width), static_cast<double>(picture.height)};
}

/// From `low` to `high` in whole pixels of 0..size: rounded, and at least one.
cv::Range whole_pixels(double low, double high, int size) {
  int begin = std::clamp(static_cast<int>(std::lround(low)), 0, size - 1);
  int end = std::clamp(static_cast<int>(std::lround(high)), begin + 1, size);
  return {begin, end};
}

/// The straight line through (from_a, to_a) and (from_b, to_b): slope and offset.
std::pair<double, double> line_through(double from_a, double from_b, double to_a, double to_b) {
  double slope = (to_b - to_a) / (from_b - from_a);
  return {slope, to_a - slope * from_a};
}

/// A map that only scales, shifts, mirrors and swaps the sides.
bool is_upright(const Affine& map) {
  return (map.b == 0 && map.d == 0) || (map.a == 0 && map.e == 0);
}

Affine draw_upright(const Picture& picture, const Affine& map, cv::Mat& target) {
  const bool swaps = map.a == 0;
  Box seen = clipped(map.bounds(whole(picture)), target.cols, target.rows);
  auto columns = cv::Range(static_cast<int>(std::lround(seen.x0)), static_cast<int>(std::lround(seen.x1)));
  auto rows = cv::Range(static_cast<int>(std::lround(seen.y0)), static_cast<int>(std::lround(seen.y1)));
  if (columns.size() <= 0 || rows.size() <= 0) return map;
  // Which pixels of the level these are.
  const auto& level = level_for(picture, map.scale());
  Affine back = (map * to_picture(level.grid)).inverse();
  Box from = back.bounds({static_cast<double>(columns.start), static_cast<double>(rows.start),
                          static_cast<double>(columns.end), static_cast<double>(rows.end)});
  auto from_columns = whole_pixels(from.x0, from.x1, level.pixels->cols);
  auto from_rows = whole_pixels(from.y0, from.y1, level.pixels->rows);
  const cv::Mat source = (*level.pixels)(from_rows, from_columns);
  cv::Mat place = target(rows, columns);
  const bool mirrors_x = swaps ? map.b < 0 : map.a < 0;
  const bool mirrors_y = swaps ? map.d < 0 : map.e < 0;
  if (swaps) {
    cv::Mat lying;
    cv::resize(source, lying, {rows.size(), columns.size()}, 0, 0, cv::INTER_LINEAR);
    cv::transpose(lying, place);
  } else {
    cv::resize(source, place, place.size(), 0, 0, cv::INTER_LINEAR);
  }
  if (mirrors_x || mirrors_y) cv::flip(place, place, mirrors_x ? (mirrors_y ? -1 : 1) : 0);
  // The map from that rectangle of the picture onto that rectangle of the target.
  const auto& grid = level.grid;
  double left = grid.left + grid.step_x * from_columns.start;
  double right = grid.left + grid.step_x * from_columns.end;
  double top = grid.top + grid.step_y * from_rows.start;
  double bottom = grid.top + grid.step_y * from_rows.end;
  double x0 = mirrors_x ? columns.end : columns.start;
  double x1 = mirrors_x ? columns.start : columns.end;
  double y0 = mirrors_y ? rows.end : rows.start;
  double y1 = mirrors_y ? rows.start : rows.end;
  auto [scale_x, shift_x] = swaps ? line_through(top, bottom, x0, x1) : line_through(left, right, x0, x1);
  auto [scale_y, shift_y] = swaps ? line_through(left, right, y0, y1) : line_through(top, bottom, y0, y1);
  return swaps ? Affine{0, scale_x, shift_x, scale_y, 0, shift_y}
               : Affine{scale_x, 0, shift_x, 0, scale_y, shift_y};
}

void draw_warped(const Picture& picture, const Affine& map, cv::Mat& target) {
  const auto& level = level_for(picture, map.scale());
  const cv::Mat& pixels = *level.pixels;
  Box covered = clipped(map.bounds(whole(picture)), target.cols, target.rows);
  cv::Rect area(cv::Point(static_cast<int>(std::floor(covered.x0)), static_cast<int>(std::floor(covered.y0))),
                cv::Point(static_cast<int>(std::ceil(covered.x1)), static_cast<int>(std::ceil(covered.y1))));
  if (area.width <= 0 || area.height <= 0) return;
  // warpAffine works on pixel centres: edge coordinates minus one half.
  Affine centers =
      Affine::shift(-0.5 - area.x, -0.5 - area.y) * map * to_picture(level.grid) * Affine::shift(0.5, 0.5);
  cv::Matx23d matrix(centers.a, centers.b, centers.c, centers.d, centers.e, centers.f);
  cv::Mat place = target(area);
  cv::warpAffine(pixels, place, matrix, place.size(), cv::INTER_LINEAR, cv::BORDER_TRANSPARENT);
}

}  // namespace

Affine draw_picture(const Picture& picture, const Affine& map, cv::Mat& target) {
  if (is_upright(map)) return draw_upright(picture, map, target);
  draw_warped(picture, map, target);
  return map;
}

}  // namespace ds::detail

#include "shared/pictures/raw_frame.h"

#include <algorithm>
#include <cmath>

namespace ds::detail {

namespace {

Point turned(const Point& p, double w, double h, int orientation) {
  switch (orientation) {
    case 2:
      return {w - p.x, p.y};
    case 3:
      return {w - p.x, h - p.y};
    case 4:
      return {p.x, h - p.y};
    case 5:
      return {p.y, p.x};
    case 6:
      return {h - p.y, p.x};
    case 7:
      return {h - p.y, w - p.x};
    case 8:
      return {p.y, w - p.x};
    default:
      return p;
  }
}

}  // namespace

Shape raw_to_displayed(const Shape& shape, int raw_width, int raw_height, int orientation) {
  auto turn = [&](const Point& p) { return turned(p, raw_width, raw_height, orientation); };
  auto turn_box = [&](const Box& box) {
    auto a = turn({box.x0, box.y0});
    auto b = turn({box.x1, box.y1});
    return Box{std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.x, b.x), std::max(a.y, b.y)};
  };
  auto turn_all = [&](std::vector<Point> points) {
    for (auto& point : points) point = turn(point);
    return points;
  };
  if (const auto* box = std::get_if<Box>(&shape)) return turn_box(*box);
  if (const auto* polygon = std::get_if<Polygon>(&shape)) {
    Polygon result;
    for (const auto& ring : polygon->rings) result.rings.push_back(turn_all(ring));
    return result;
  }
  if (const auto* points = std::get_if<KeyPoints>(&shape))
    return KeyPoints{turn_all(points->points), points->visibility, turn_box(points->box)};
  if (const auto* line = std::get_if<Polyline>(&shape)) return Polyline{turn_all(line->points)};
  constexpr double kQuarter[] = {0, 0, 180, 180, 0, 90, 90, 270, 270};
  bool mirrored = orientation == 2 || orientation == 4 || orientation == 5 || orientation == 7;
  auto turn_angle = [&](double degrees) {
    return std::fmod((mirrored ? -degrees : degrees) + kQuarter[orientation] + 360, 360);
  };
  if (const auto* ellipse = std::get_if<Ellipse>(&shape)) {
    auto center = turn({ellipse->cx, ellipse->cy});
    return Ellipse{center.x, center.y, ellipse->rx, ellipse->ry, turn_angle(ellipse->angle_deg)};
  }
  if (const auto* rotated = std::get_if<RotatedBox>(&shape)) {
    auto center = turn({rotated->cx, rotated->cy});
    return RotatedBox{center.x, center.y, rotated->width, rotated->height, turn_angle(rotated->angle_deg)};
  }
  // A mask: pixel by pixel, column-major in the new frame.
  const auto& mask = std::get<RunLengthMask>(shape);
  bool swaps = orientation >= 5;
  int width = swaps ? mask.height : mask.width;
  int height = swaps ? mask.width : mask.height;
  std::vector<bool> pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  std::size_t at = 0;
  for (std::size_t run = 0; run < mask.counts.size(); ++run) {
    for (std::uint32_t i = 0; i < mask.counts[run]; ++i, ++at) {
      if (run % 2 == 0) continue;
      auto column = at / static_cast<std::size_t>(mask.height);
      auto row = at % static_cast<std::size_t>(mask.height);
      auto p = turn({static_cast<double>(column) + 0.5, static_cast<double>(row) + 0.5});
      pixels[static_cast<std::size_t>(p.x) * static_cast<std::size_t>(height) +
             static_cast<std::size_t>(p.y)] = true;
    }
  }
  RunLengthMask result{height, width, {}};
  bool value = false;
  std::uint32_t count = 0;
  for (bool pixel : pixels) {
    if (pixel != value) {
      result.counts.push_back(count);
      count = 0;
      value = pixel;
    }
    ++count;
  }
  result.counts.push_back(count);
  return result;
}

}  // namespace ds::detail

#include "ds/geometry/rasterize.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "ds/base/error.h"

namespace ds {

namespace {

constexpr int kFine = 5;  // steps of the fine grid a pixel
constexpr int kMiddle = kFine / 2;
constexpr double kFarthest = 1e8;

struct FinePoint {
  int x = 0;
  int y = 0;
};

/// As the reference converts: to the next number, but towards zero below it, so that left of and above the
/// image the grid is shifted by a step.
int rounded(double value) {
  return static_cast<int>(value + .5);  // NOLINT(bugprone-incorrect-roundings)
}

FinePoint to_fine(const Point& p) {
  if (!(std::abs(p.x) <= kFarthest && std::abs(p.y) <= kFarthest))
    throw DataError(
        fmt::format("a polygon's corner at {}, {}: expected pixels within {}", p.x, p.y, kFarthest));
  return {rounded(kFine * p.x), rounded(kFine * p.y)};
}

/// Collects where the border enters or leaves a column: as positions in the column-major image, at each of
/// which pixels change between in and out.
class Border {
 public:
  Border(int height, int width) : height_(height), width_(width) {}

  void add_edge(FinePoint from, FinePoint to) {
    const int dx = std::abs(to.x - from.x), dy = std::abs(to.y - from.y);
    if (dx == 0) return;  // stays in its column
    if (dx >= dy) {
      if (from.x > to.x) std::swap(from, to);
      flat_edge(from, to, dx);
    } else {
      if (from.y > to.y) std::swap(from, to);
      steep_edge(from, to, dy);
    }
  }

  RunLengthMask mask() {
    std::sort(changes_.begin(), changes_.end());
    RunLengthMask mask{height_, width_, {}};
    const auto end = static_cast<std::uint32_t>(height_) * static_cast<std::uint32_t>(width_);
    std::uint32_t before = 0;
    for (std::size_t i = 0; i < changes_.size() && changes_[i] < end; ++i) {
      if (i + 1 < changes_.size() && changes_[i] == changes_[i + 1]) {
        ++i;  // in and out again at one place
        continue;
      }
      mask.counts.push_back(changes_[i] - before);
      before = changes_[i];
    }
    mask.counts.push_back(end - before);
    return mask;
  }

 private:
  /// Every fine column once: only those beside a pixel column's middle are needed.
  void flat_edge(FinePoint left, FinePoint right, int dx) {
    const double slope = static_cast<double>(right.y - left.y) / dx;
    auto y_at = [&](int x) { return rounded(left.y + slope * (x - left.x)); };
    const int first = std::max(0, (left.x - kMiddle + kFine - 1) / kFine);
    for (int column = first; column < width_; ++column) {
      const int x = column * kFine + kMiddle;
      if (x < left.x) continue;
      if (x + 1 > right.x) break;
      add_crossing(column, std::min(y_at(x), y_at(x + 1)));
    }
  }

  /// Every fine row once: a crossing is where the rounded column changes.
  void steep_edge(FinePoint top, FinePoint bottom, int dy) {
    const double slope = static_cast<double>(bottom.x - top.x) / dy;
    int before = rounded(top.x);
    for (int step = 1; step <= dy; ++step) {
      const int x = rounded(top.x + slope * step);
      const int left = std::min(x, before);
      if (x != before && left >= kMiddle && left % kFine == kMiddle && left / kFine < width_)
        add_crossing(left / kFine, top.y + step - 1);
      before = x;
    }
  }

  void add_crossing(int column, int fine_y) {
    const double y = std::clamp((fine_y + .5) / kFine - .5, 0.0, static_cast<double>(height_));
    changes_.push_back(static_cast<std::uint32_t>(column) * static_cast<std::uint32_t>(height_) +
                       static_cast<std::uint32_t>(std::ceil(y)));
  }

  int height_, width_;
  std::vector<std::uint32_t> changes_;
};

RunLengthMask rasterized_ring(const Ring& ring, int height, int width) {
  if (ring.size() < 3)
    throw DataError(fmt::format("a polygon of {} points; at least 3 are needed", ring.size()));
  Border border(height, width);
  for (std::size_t i = 0; i < ring.size(); ++i)
    border.add_edge(to_fine(ring[i]), to_fine(ring[(i + 1) % ring.size()]));
  return border.mask();
}

}  // namespace

RunLengthMask rasterized(const Polygon& polygon, int height, int width) {
  if (height < 1 || width < 1 || static_cast<std::int64_t>(height) * width > INT32_MAX)
    throw DataError(fmt::format("a polygon needs its image's size; found {} x {} pixels", width, height));
  RunLengthMask all{height, width, {static_cast<std::uint32_t>(height) * static_cast<std::uint32_t>(width)}};
  for (const auto& ring : polygon.rings) all = united(all, rasterized_ring(ring, height, width));
  return all;
}

}  // namespace ds

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "ds/metrics/matching.h"

namespace ds::detail {

/// AP of many resamples of one matching. What does not depend on the resample is sorted out once: per class
/// and area range the detections that hit or are ignored at some threshold, the images of those that never
/// do anything but count against precision, and how many objects each image holds. The numbers are those of
/// average_precision() with the same weights.
class ResampledPrecision {
 public:
  /// @param all_areas false: only what ap() needs
  explicit ResampledPrecision(const Matching& matching, bool all_areas = true);

  /// @param weights how often each image counts
  /// @return AP, AP50, AP75, APs, APm, APl; -1 without objects
  std::array<double, 6> numbers(std::span<const std::int32_t> weights) const;
  double ap(std::span<const std::int32_t> weights) const;

 private:
  struct Event {
    std::uint32_t misses_before;  // of the curve's misses, those with a higher place
    std::int32_t image_idx;
    std::uint16_t hit;
    std::uint16_t ignored;
  };
  struct Objects {
    std::int32_t image_idx;
    std::int32_t count;
  };
  /// One class in one area range, by falling score.
  struct Curve {
    std::vector<Event> events;
    std::vector<std::int32_t> misses;  // image indices; those behind the last hit are left out
    std::vector<Objects> objects;
  };
  struct Point {
    std::int64_t hits;
    std::int64_t seen;
  };
  using Points = std::array<std::vector<Point>, kIouCount>;
  using CurveMeans = std::array<double, kIouCount>;

  static Curve curve_of(const ClassMatches& matches, int area);
  /// Mean precision at each IoU threshold; false when the resample holds no object.
  static bool means_of(const Curve& curve, std::span<const std::int32_t> weights, Points& points,
                       CurveMeans& means);

  std::vector<std::vector<Curve>> classes_;  // [class][area]
};

}  // namespace ds::detail

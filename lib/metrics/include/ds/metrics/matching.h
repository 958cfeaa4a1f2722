#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "ds/metrics/eval_input.h"

/// COCO's matching of detections to objects (Lin et al. 2014; pycocotools' COCOeval.evaluateImg), once for
/// all ten IoU thresholds and all four area ranges. Everything else is counted from its result.
namespace ds {

inline constexpr int kIouCount = 10;                              // 0.50, 0.55 ... 0.95
inline constexpr std::uint16_t kAllIous = (1u << kIouCount) - 1;  // a bit of each, as in Match::hit
inline constexpr int kRecallCount = 101;                          // 0, 0.01 ... 1
inline constexpr int kAreaCount = 4;                              // all, small, medium, large

/// numpy's linspace(.5, .95, 10): the ninth is 0.8999999999999999.
const std::array<double, kIouCount>& iou_thresholds();
/// numpy's linspace(0, 1, 101): i * 0.01, not i / 100.
const std::array<double, kRecallCount>& recall_thresholds();
/// Square pixels, both limits belong to the range.
struct AreaRange {
  const char* name;
  double low;
  double high;
};
const std::array<AreaRange, kAreaCount>& area_ranges();

/// What of a detection and an object is laid over each other.
enum class OverlapOf { boxes, masks };

struct MatchOptions {
  std::array<int, 3> max_detections{1, 10, 100};  // per image and class, ascending
  bool compat_coco =
      false;  // repeat pycocotools' faults: id 0 never matches, of two equal ids the last counts
  OverlapOf overlap = OverlapOf::boxes;
  int threads = 1;  // the result is the same for any number
};

/// A detection within the largest limit, with one bit per IoU threshold (bit 0 is .50).
struct Match {
  double score = 0;
  std::int32_t image_idx = 0;
  std::int32_t detection_idx = 0;               // into DetectionTable::boxes
  std::int32_t object_idx = -1;                 // matched at IoU .50 over all areas, counted or not; -1: none
  std::uint16_t rank = 0;                       // 0 is the best of its class in its image
  std::array<std::uint16_t, kAreaCount> hit{};  // matched to a counted object
  std::array<std::uint16_t, kAreaCount>
      ignored{};  // matched to one that is not counted, or out of the area range
};

/// Objects that count, of one class in one image.
struct ObjectCount {
  std::int32_t image_idx = 0;
  std::array<std::int32_t, kAreaCount> count{};
};

struct ClassMatches {
  std::vector<Match> matches;        // by falling score; equal scores by image id, then by file order
  std::vector<ObjectCount> objects;  // images that hold an object of this class
};

struct Matching {
  MatchOptions options;
  std::size_t image_count = 0;
  std::vector<ClassMatches> classes;  // as TruthTable::classes
};

/// @throws DataError when a detection names an image or class that the truth lacks; with OverlapOf::masks
///         when a table has no masks or two on one image differ in size
Matching match(const TruthTable& truth, const DetectionTable& detections, const MatchOptions& options = {});

/// Intersection over union as pycocotools computes it, in its order of operations; over the detection's own
/// area when the object is a crowd.
inline double coco_iou(const DetectedBox& d, const TruthObject& g) {
  const double w = std::fmin(d.w + d.x, g.w + g.x) - std::fmax(d.x, g.x);
  if (w <= 0) return 0;
  const double h = std::fmin(d.h + d.y, g.h + g.y) - std::fmax(d.y, g.y);
  if (h <= 0) return 0;
  const double shared = w * h;
  const double own = d.w * d.h;
  return shared / (g.crowd ? own : own + g.w * g.h - shared);
}

/// The overlap that a matching was made with, of any detection and object. For OverlapOf::masks: shared
/// pixels over those of the union, or over the detection's own when the object is a crowd.
double pair_overlap(const TruthTable& truth, const DetectionTable& detections, OverlapOf what,
                    std::int32_t detection_idx, std::int32_t object_idx);

}  // namespace ds

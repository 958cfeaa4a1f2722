#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ds/metrics/eval_input.h"

/// COCO's matching of detections to objects (Lin et al. 2014; pycocotools' COCOeval.evaluateImg), once for
/// all ten IoU thresholds and all four area ranges. Everything else is counted from its result.
namespace ds {

inline constexpr int kIouCount = 10;      // 0.50, 0.55 ... 0.95
inline constexpr int kRecallCount = 101;  // 0, 0.01 ... 1
inline constexpr int kAreaCount = 4;      // all, small, medium, large

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

struct MatchOptions {
  std::array<int, 3> max_detections{1, 10, 100};  // per image and class, ascending
  bool compat_coco =
      false;  // repeat pycocotools' faults: id 0 never matches, of two equal ids the last counts
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

/// @throws DataError when a detection names an image or class that the truth lacks
Matching match(const TruthTable& truth, const DetectionTable& detections, const MatchOptions& options = {});

/// Intersection over union as pycocotools computes it, in its order of operations; over the detection's own
/// area when the object is a crowd.
double coco_iou(const DetectedBox& detection, const TruthObject& object);

}  // namespace ds

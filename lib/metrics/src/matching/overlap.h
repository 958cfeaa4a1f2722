#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ds/metrics/matching.h"

/// The two measures of overlap a matching can be made with. Each gives the overlap of a detection and an
/// object by their indices, and the detection's area, which decides small, medium and large.
namespace ds::detail {

class BoxOverlap {
 public:
  BoxOverlap(const std::vector<DetectedBox>& boxes, const std::vector<TruthObject>& objects)
      : boxes_(boxes), objects_(objects) {}
  double operator()(std::int32_t detection, std::int32_t object) const {
    return coco_iou(boxes_[static_cast<std::size_t>(detection)], objects_[static_cast<std::size_t>(object)]);
  }
  double area(std::int32_t detection) const {
    const auto& box = boxes_[static_cast<std::size_t>(detection)];
    return box.w * box.h;
  }

 private:
  const std::vector<DetectedBox>& boxes_;
  const std::vector<TruthObject>& objects_;
};

class MaskOverlap {
 public:
  /// Throws DataError when one of the tables has no masks.
  MaskOverlap(const TruthTable& truth, const DetectionTable& detections);
  /// Object i is from here on the one that was `sources[i]`.
  void replace_objects(const std::vector<std::int32_t>& sources);
  double operator()(std::int32_t detection, std::int32_t object) const;
  double area(std::int32_t detection) const { return detections_[static_cast<std::size_t>(detection)].area; }

 private:
  /// A mask with what is asked of it again and again.
  struct Measured {
    const RunLengthMask* mask = nullptr;
    Box bounds;
    double area = 0;
    bool crowd = false;
  };
  static std::vector<Measured> measured(const std::vector<RunLengthMask>& masks);
  std::vector<Measured> detections_, objects_;
};

}  // namespace ds::detail

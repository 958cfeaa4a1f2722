#include "matching/overlap.h"

#include <fmt/format.h>

#include "ds/base/error.h"

namespace ds {

namespace {

double mask_iou(double shared, double own, double object, bool crowd) {
  if (shared == 0) return 0;
  return shared / (crowd ? own : own + object - shared);
}

}  // namespace

double pair_overlap(const TruthTable& truth, const DetectionTable& detections, OverlapOf what,
                    std::int32_t detection_idx, std::int32_t object_idx) {
  const auto& object = truth.objects.at(static_cast<std::size_t>(object_idx));
  if (what == OverlapOf::boxes)
    return coco_iou(detections.boxes.at(static_cast<std::size_t>(detection_idx)), object);
  const auto& d = detections.masks.at(static_cast<std::size_t>(detection_idx));
  const auto& g = truth.masks.at(static_cast<std::size_t>(object_idx));
  return mask_iou(static_cast<double>(shared_area(d, g)), static_cast<double>(d.area()),
                  static_cast<double>(g.area()), object.crowd);
}

namespace detail {

std::vector<MaskOverlap::Measured> MaskOverlap::measured(const std::vector<RunLengthMask>& masks) {
  std::vector<Measured> all;
  all.reserve(masks.size());
  for (const auto& mask : masks)
    all.push_back({&mask, mask.bounds(), static_cast<double>(mask.area()), false});
  return all;
}

MaskOverlap::MaskOverlap(const TruthTable& truth, const DetectionTable& detections)
    : detections_(measured(detections.masks)), objects_(measured(truth.masks)) {
  if (truth.masks.size() != truth.objects.size())
    throw DataError(
        fmt::format("the truth has {} masks for {} objects", truth.masks.size(), truth.objects.size()),
        "read it with masks");
  if (detections.masks.size() != detections.boxes.size())
    throw DataError(fmt::format("{}: {} masks for {} detections", detections.name, detections.masks.size(),
                                detections.boxes.size()),
                    "read it with masks");
  for (std::size_t i = 0; i < objects_.size(); ++i) objects_[i].crowd = truth.objects[i].crowd;
}

void MaskOverlap::replace_objects(const std::vector<std::int32_t>& sources) {
  const auto own = objects_;
  for (std::size_t i = 0; i < sources.size(); ++i) objects_[i] = own[static_cast<std::size_t>(sources[i])];
}

double MaskOverlap::operator()(std::int32_t detection, std::int32_t object) const {
  const auto& d = detections_[static_cast<std::size_t>(detection)];
  const auto& g = objects_[static_cast<std::size_t>(object)];
  if (intersection(d.bounds, g.bounds).area() == 0) return 0;
  return mask_iou(static_cast<double>(shared_area(*d.mask, *g.mask)), d.area, g.area, g.crowd);
}

}  // namespace detail

}  // namespace ds

#pragma once

#include "ds/geometry/box.h"
#include "ds/metrics/eval_input.h"

namespace ds::detail {

/// Whether an object is to be found: crowd and ignored ones only absorb detections.
inline bool counts(const TruthObject& object) {
  return !object.crowd && !object.ignore;
}

/// A detection's or object's box by its corners. This rounds: not for COCO's own matching (coco_iou).
template <typename Boxed>
Box corners_of(const Boxed& b) {
  return {b.x, b.y, b.x + b.w, b.y + b.h};
}

}  // namespace ds::detail

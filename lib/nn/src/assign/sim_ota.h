#pragma once

#include <vector>

#include "assign/anchor_points.h"
#include "assign/assignment.h"

/// SimOTA label assignment (Ge et al. 2021, "YOLOX: Exceeding YOLO Series in 2021", section 2.1,
/// in the form of the authors' release 0.3) on plain float arrays: on a CPU it is far faster than
/// many small tensor operations.
namespace ds::detail {

/// One image's predictions, all row-major: box offsets and objectness [A,5], class logits [A,C].
struct AssignPredictions {
  const float* box_and_objectness = nullptr;  // dx dy dw dh obj; offsets undecoded, obj a logit
  const float* class_logits = nullptr;
  int num_classes = 0;
};

struct SimOtaOptions {
  float center_radius = 1.5F;  // in strides
  float iou_weight = 3.0F;     // of -log(IoU) beside the classification cost
  int candidates = 10;         // IoUs summed to choose how many anchors an object gets
};

/// Which anchors learn which object. An object competes for anchors whose cell centre lies within
/// center_radius strides of its own centre; it gets k = max(1, floor(sum of its 10 best IoUs)) of them at the
/// lowest cost; an anchor that several objects want goes to the one at the lowest cost there. Ties fall to
/// the lower index.
/// @return by rising anchor index, each anchor at most once
std::vector<Assignment> assign_sim_ota(const std::vector<AnchorPoint>& anchors,
                                       const AssignPredictions& predictions,
                                       const std::vector<AssignObject>& objects,
                                       const SimOtaOptions& options = {});

}  // namespace ds::detail

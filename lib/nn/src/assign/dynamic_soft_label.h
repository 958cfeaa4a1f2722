#pragma once

#include <vector>

#include "assign/anchor_points.h"
#include "assign/assignment.h"

/// Dynamic soft label assignment (Lyu et al. 2022, "RTMDet", arXiv 2212.07784, section 3.3, with the settings
/// of the authors' release) on plain float arrays, as ds/nn/sim_ota.h.
namespace ds::detail {

/// One image's predictions, all row-major: decoded boxes [A,4] and class logits [A,C].
struct BoxPredictions {
  const float* boxes = nullptr;  // x0 y0 x1 y1, input pixels; a box may be turned inside out
  const float* class_logits = nullptr;
  int num_classes = 0;
};

struct DynamicSoftLabelOptions {
  float center_radius = 3.0F;  // in strides: where the centre prior costs 1; it grows tenfold each stride
  float iou_weight = 3.0F;     // of -log(IoU)
  int candidates = 13;         // IoUs summed to choose how many anchors an object gets
};

/// Which anchors learn which object. Anchors whose point (column and row times stride: the cell's corner)
/// lies inside any object are candidates for all of them. A pair costs the quality focal loss (beta 2) of the
/// anchor's class scores against the object's class at the pair's IoU, minus iou_weight * log(IoU), plus
/// 10^(distance to the object's centre in strides - center_radius). Each object gets
/// k = max(1, floor(sum of its 13 best IoUs)) candidates at the lowest cost; one that several objects want
/// goes to the one at the lowest cost there. Ties fall to the lower index.
/// @return by rising anchor index, each anchor at most once
std::vector<Assignment> assign_dynamic_soft_label(const std::vector<AnchorPoint>& anchors,
                                                  const BoxPredictions& predictions,
                                                  const std::vector<AssignObject>& objects,
                                                  const DynamicSoftLabelOptions& options = {});

}  // namespace ds::detail

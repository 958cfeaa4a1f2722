#pragma once

#include "ds/metrics/eval_input.h"
#include "ds/metrics/matching.h"
#include "ds/metrics/protocol_result.h"
#include "ds/metrics/truth_labels.h"

/// LVIS: Gupta, Dollar and Girshick, "LVIS: A Dataset for Large Vocabulary Instance Segmentation", CVPR 2019,
/// and its reference implementation (lvis-api).
namespace ds {

/// AP, AP50, AP75, APs, APm, APl, APr, APc, APf (classes that are rare, common, frequent in training) and
/// AR300: COCO's numbers over what LVIS labels. Not every class was looked for on every image, so
/// - the 300 best detections of each image, over all classes, count (equal scores: the first in the file);
/// - detections of a class that is neither among the image's objects nor in its `neg_category_ids` are left
///   out;
/// - on images whose `not_exhaustive_category_ids` name the class, detections that match nothing are ignored;
/// - there are no crowd regions: `iscrowd` is not looked at; `ignore` is.
/// Throws DataError when the truth has no neg_category_ids, no not_exhaustive_category_ids, or
/// a class without frequency.
ProtocolResult lvis(const TruthTable& truth, const TruthLabels& labels, const DetectionTable& detections,
                    OverlapOf overlap = OverlapOf::boxes, int threads = 1);

}  // namespace ds

#pragma once

#include "ds/metrics/eval_input.h"
#include "ds/metrics/protocol_result.h"

/// Pascal VOC's detection task: Everingham, Van Gool, Williams, Winn and Zisserman, "The PASCAL Visual Object
/// Classes (VOC) Challenge", IJCV 2010, and the development kits of 2007 and 2012.
namespace ds {

/// 2007 averages the best precision at recall 0, .1 ... 1 and beyond; 2012 takes the whole area under the
/// precision-recall curve made falling.
enum class VocYear { voc07, voc12 };

/// AP of each class at IoU >= .50 and its mean over the classes that have objects ("mAP").
///
/// Detections of a class are taken by falling score (equal ones by image id, then file order). Each belongs
/// to the object of its class on its image that it overlaps most (the first of equal ones), and to no other:
/// it is right when that overlap is >= .50 and the object was not found before, a false positive when it was
/// found before or the overlap is less, and left out when the object is difficult (TruthObject::ignore or
/// crowd). Difficult objects are not to be found. There is no limit of detections.
///
/// As in the development kit x, y, x + w, y + h are the first and last pixels of a box, so its width
/// is w + 1.
ProtocolResult pascal_voc(const TruthTable& truth, const DetectionTable& detections, VocYear year);

/// With the extra pixel of both boxes.
double voc_iou(const DetectedBox& detection, const TruthObject& object);

}  // namespace ds

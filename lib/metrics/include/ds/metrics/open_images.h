#pragma once

#include <map>
#include <set>
#include <string>

#include "ds/metrics/eval_input.h"
#include "ds/metrics/protocol_result.h"
#include "ds/metrics/truth_labels.h"

/// Open Images' detection challenge: Kuznetsova et al., "The Open Images Dataset V4", IJCV 2020, and the
/// rules of the Open Images Challenge 2018.
namespace ds {

/// The names a class lies under, without itself and without the root: a box of a "Rabbit" is one
/// of an "Animal" too (read_label_hierarchy in ds/cocofile/label_hierarchy.h).
using LabelHierarchy = std::map<std::string, std::set<std::string>>;

/// Adds to the truth what the hierarchy (by class name) implies: each object again for every class above its
/// own; verified presence for those classes, verified absence for every class below. Names that are no class
/// of the truth are passed over; throws DataError when all are. Detections are not expanded: a model is
/// expected to give the classes above by itself.
void expand_labels(const LabelHierarchy& hierarchy, TruthTable& truth, TruthLabels& labels);

/// AP of each class at IoU >= .50 (whole area under the curve made falling) and its mean over the classes
/// that have objects ("mAP").
/// - Only classes that were verified on an image (`pos_category_ids`, `neg_category_ids`, or objects of the
///   class) are looked at there; other detections are left out.
/// - By falling score, a detection belongs to the single object that it overlaps most: right when the IoU is
///   >= .50 and the object is free.
/// - Otherwise, when its intersection with a group-of box (TruthObject::crowd) over its own area is >= .50,
/// it
///   is inside that group: the best of those inside is one true positive, the rest are left out, and a group
///   without any is one miss.
/// - Everything else is a false positive, second matches too; what matches a difficult object
///   (TruthObject::ignore) is left out.
ProtocolResult open_images(const TruthTable& truth, const TruthLabels& labels,
                           const DetectionTable& detections);

}  // namespace ds

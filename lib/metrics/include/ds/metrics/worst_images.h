#pragma once

#include <cstdint>
#include <vector>

#include "ds/metrics/operating_point.h"

namespace ds {

/// What a model did on one image at its operating threshold.
struct ImageOutcome {
  std::int32_t image_idx = 0;  // into TruthTable::images
  DetectionCounts counts;
  std::vector<MatchedPair> hits;              // true positives
  std::vector<std::int32_t> false_positives;  // into DetectionTable::boxes, by falling score
  std::vector<std::int32_t> missed;           // into TruthTable::objects
};

/// One for each image of the truth, in its order. Same matching and counts as operating_point().
std::vector<ImageOutcome> image_outcomes(const TruthTable& truth, const DetectionTable& detections,
                                         const Matching& matching, double threshold);

/// Indices into `outcomes` of images with errors, most errors (fp + fn) first; of equal ones the lower
/// accuracy, then the smaller image id.
std::vector<std::size_t> worst_first(const std::vector<ImageOutcome>& outcomes, const TruthTable& truth);

}  // namespace ds

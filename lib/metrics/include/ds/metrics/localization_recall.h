#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ds/metrics/matching.h"

/// Optimal localisation-recall-precision error: Oksuz, Cam, Kalkan and Akbas, "One Metric to Measure Them
/// All: Localisation Recall Precision (LRP)", TPAMI 2021. 0 is perfect, 1 the worst; unlike AP it knows how
/// well the boxes lie and names the score threshold where the detector is best.
namespace ds {

struct LocalizationRecallError {
  /// min over score thresholds of (sum over hits of (1 - IoU) / .5 + FP + FN) / (TP + FP + FN).
  std::optional<double> error;            // nothing without objects
  std::optional<double> localization;     // mean 1 - IoU of the hits there; nothing without hits
  std::optional<double> false_positives;  // FP / (TP + FP) there; nothing without detections
  std::optional<double> false_negatives;  // FN / objects there
  std::optional<double> threshold;        // detections with score >= threshold count
};

struct LocalizationRecall {
  LocalizationRecallError mean;  // over the classes that have the number; `threshold` stays empty
  std::vector<LocalizationRecallError> classes;  // as TruthTable::classes
};

/// Matches at IoU >= .50 over all areas, crowd and ignored objects left out.
LocalizationRecall localization_recall(const TruthTable& truth, const DetectionTable& detections,
                                       const Matching& matching);

}  // namespace ds

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ds/metrics/matching.h"

/// Whether a score means what it says: of the detections with a score of .8, are 80 % right?
namespace ds {

/// Detections whose scores lie in [low, high), the last bin with its end.
struct CalibrationBin {
  double low = 0;
  double high = 0;
  std::int64_t detections = 0;
  double mean_score = 0;           // 0 without detections
  double precision = 0;            // share of hits; 0 without detections
  std::optional<double> mean_iou;  // of the hits
};

struct Calibration {
  std::vector<CalibrationBin> bins;  // equal widths over [0, 1], all classes together
  /// Sum over bins of their share of detections times |mean score - precision| (Kueppers, Kronenberger,
  /// Shantia and Haselhoff, CVPR workshops 2020, by score alone); nothing without detections.
  std::optional<double> d_ece;
  /// The same with precision * mean IoU of the hits in place of precision, per class, and the mean over
  /// classes that have detections (Oksuz, Joy and Dokania, CVPR 2023): a score should tell the place too.
  std::optional<double> la_ece;
};

/// Detections with score >= threshold; hits as matched at IoU >= .50, crowd and ignored left out.
/// @param bins of [0, 1]; both papers use 25 or fewer
Calibration calibration(const TruthTable& truth, const DetectionTable& detections, const Matching& matching,
                        double threshold, int bins = 25);

}  // namespace ds

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ds/metrics/matching.h"

/// What a user of the model sees: one matching (COCO's, IoU >= .50, crowd left out) at one printed threshold.
/// Every number of this page comes from it.
namespace ds {

/// True positives, false positives, false negatives.
struct DetectionCounts {
  std::int64_t tp = 0;
  std::int64_t fp = 0;
  std::int64_t fn = 0;

  std::int64_t total() const { return tp + fp + fn; }
  /// Each is nothing where its denominator is 0.
  std::optional<double> precision() const;   // tp / (tp + fp)
  std::optional<double> recall() const;      // tp / (tp + fn)
  std::optional<double> f1() const;          // 2 tp / (2 tp + fp + fn)
  std::optional<double> accuracy() const;    // tp / (tp + fp + fn)
  std::optional<double> error_rate() const;  // 1 - accuracy = fp_share + fn_share
  std::optional<double> fp_share() const;    // fp / (tp + fp + fn)
  std::optional<double> fn_share() const;    // fn / (tp + fp + fn)
  bool operator==(const DetectionCounts&) const = default;
};

/// A matched detection and its object.
struct MatchedPair {
  std::int32_t object_idx = 0;     // into TruthTable::objects
  std::int32_t detection_idx = 0;  // into DetectionTable::boxes
};

struct OperatingPoint {
  double threshold = 0;                  // detections with score >= threshold count
  bool chosen_on_this_set = false;       // best F1 of these very images: flatters
  DetectionCounts all;                   // pooled over classes
  std::vector<DetectionCounts> classes;  // as TruthTable::classes
  std::vector<DetectionCounts> sizes;  // small, medium, large: objects and unmatched detections by their area
  std::vector<MatchedPair> pairs;      // the true positives
};

/// DetectionCounts at `threshold`, or, without one, at the score that gives the best pooled F1 (the highest
/// such score; 0 when nothing is detected).
OperatingPoint operating_point(const Matching& matching, std::optional<double> threshold);

/// Rows are true classes and then background, columns detected classes and then background. The diagonal is
/// the true positives; then each false positive takes, by falling score, the free object of another class it
/// overlaps most with IoU >= .50. cells[row * (classes + 1) + column].
struct ConfusionMatrix {
  std::size_t class_count = 0;
  std::vector<std::int64_t> cells;
  std::int64_t at(std::size_t truth, std::size_t detected) const {
    return cells[truth * (class_count + 1) + detected];
  }
};
ConfusionMatrix confusion_matrix(const TruthTable& truth, const DetectionTable& detections,
                                 const Matching& matching, double threshold);

/// How far the edges of matched boxes are off.
struct EdgeError {
  std::int64_t pairs = 0;
  /// Root mean square over pairs and the four edges of edge difference / sqrt(w*h of the object), in percent
  /// of object size; nothing without pairs.
  std::optional<double> rmse;
  std::optional<double> rmse_px;  // the same without the division, in pixels
};
EdgeError edge_error(const TruthTable& truth, const DetectionTable& detections,
                     std::span<const MatchedPair> pairs);

/// The same for several models, over the objects that every one of them matched.
std::vector<EdgeError> common_edge_errors(const TruthTable& truth,
                                          const std::vector<const DetectionTable*>& detections,
                                          const std::vector<const OperatingPoint*>& points);

}  // namespace ds

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ds/metrics/worst_images.h"

/// Where models agree and where they do not; label_suspects.h has what that says about the labels.
namespace ds {

/// A model as these functions see it. Pointers stay the caller's.
struct ModelFindings {
  const DetectionTable* detections = nullptr;
  const Matching* matching = nullptr;
  double threshold = 0;  // detections with score >= threshold count
};

/// Objects (that count) of two models.
struct PairAgreement {
  std::size_t a = 0;
  std::size_t b = 0;
  std::int64_t both = 0;  // found by both
  std::int64_t only_a = 0;
  std::int64_t only_b = 0;
  std::int64_t neither = 0;
  /// Cohen's kappa of "found" (Cohen 1960): 1 is full agreement, 0 what chance gives; 1 where both are
  /// constant and equal.
  double kappa() const;
};

/// An image on which models differ much.
struct Disagreement {
  std::int32_t image_idx = 0;
  std::int64_t differing = 0;  // objects that some models found and others did not, plus false positives
                               // that not all models share (same class, IoU >= .50)
};

struct Agreement {
  std::vector<PairAgreement> pairs;         // a < b
  std::vector<std::int32_t> missed_by_all;  // objects that count, ascending
  std::vector<Disagreement> disagreements;  // most first, then smaller image id; none without a difference
};

/// For two and more models; with one, missed_by_all only.
Agreement agreement(const TruthTable& truth, const std::vector<ModelFindings>& models);

}  // namespace ds

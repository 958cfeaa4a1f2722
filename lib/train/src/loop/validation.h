#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ds/arch/preprocessing.h"
#include "ds/dataset/dataset.h"
#include "ds/geometry/nms.h"
#include "ds/metrics/average_precision.h"
#include "ds/metrics/eval_input.h"
#include "ds/train/ranks.h"
#include "ds/train/train_data.h"

namespace ds {
class DetectorNet;
}

namespace ds::detail {

class WorkerTeam;

struct ValidationResult {
  AveragePrecision precision;
  double best_f1_threshold = 0;
  double ap() const { return precision.numbers.ap(); }
  double ap50() const { return precision.numbers.ap50(); }
  /// False where there is no object to find: the AP is no number to compare by.
  bool is_measured() const { return ap() >= 0; }
};

/// A split ready for scoring: images letterboxed once as a deployed model sees them (whole decode, bilinear,
/// top-left), the truth as ds/metrics counts it.
class ValidationSet {
 public:
  /// @param images and `truth` hold the same images in the same order
  ValidationSet(const std::vector<TrainImage>& images, const Dataset& truth,
                const Preprocessing& preprocessing, InputSize input);

  std::size_t size() const { return images_.size(); }
  /// Scores a net in evaluation mode; images are shared out over the ranks and their teams, and every rank
  /// gets the result. It depends on neither the number of ranks, nor the teams' sizes, nor timing.
  ValidationResult evaluate(DetectorNet& net, WorkerTeam& team, Ranks& ranks);

 private:
  /// What this rank's share of the images holds, as bytes for `add_detections`.
  std::string detect(DetectorNet& net, WorkerTeam& team, const Ranks& ranks);
  void add_detections(const std::string& bytes, std::vector<ImageDetections>& found) const;
  const TrainSample& sample(std::size_t index);
  std::vector<Detection> to_image(const std::vector<ScoredBox>& found, std::size_t index) const;

  std::vector<TrainImage> images_;
  TruthTable truth_;
  Preprocessing preprocessing_;
  InputSize input_;
  std::vector<std::unique_ptr<TrainSample>> samples_;  // filled on first use
};

}  // namespace ds::detail

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ds/metrics/agreement.h"
#include "ds/metrics/calibration.h"
#include "ds/metrics/error_types.h"
#include "ds/metrics/localization_recall.h"
#include "ds/metrics/pairwise.h"
#include "ds/metrics/slices.h"
#include "ds/metrics/worst_images.h"
#include "ds/report/chart.h"
#include "ds/report/leaderboard.h"

/// All that is known about models on one set of labelled images: what pages, Markdown and JSON are made of.
namespace ds {

/// A box to draw on a picture, in pixels of the picture.
struct MarkedBox {
  enum class Role { truth_found, truth_missed, detection_right, detection_wrong, suspect };
  Role role = Role::truth_found;
  double x = 0, y = 0, w = 0, h = 0;
  std::string label;  // class, and the score of detections
};

/// A JPEG of an image or a part of it, with the boxes that are of interest.
struct MarkedPicture {
  std::string caption;
  std::string jpeg;
  int width = 0;  // of the JPEG
  int height = 0;
  std::vector<MarkedBox> boxes;
};

/// One model.
struct ModelReport {
  LeaderboardEntry entry;
  ErrorTypes errors;
  Calibration calibration;
  LocalizationRecall localization;
  std::vector<SliceNumbers> slices;  // as ComparisonReport::slices
  std::vector<MarkedPicture> worst;  // worst first
  std::vector<Chart> training;       // curves of the run it came from; empty: not known
  std::vector<std::pair<std::string, std::string>>
      lineage;  // "trained on" : "snapshot s-... ", "parent" : ...
};

/// Several models on the same images, in the order they are shown in.
struct ComparisonReport {
  std::string title;
  std::string created_at;  // shown when given
  std::vector<std::string> warnings;
  std::vector<ModelReport> models;
  PairwiseComparison pairwise;  // as models; empty with one model or without resamples
  std::vector<Slice> slices;
  Agreement agreement;
  std::int64_t suspect_count = 0;  // of likely label errors, of which some are shown:
  std::vector<MarkedPicture> suspects;
  std::vector<MarkedPicture> disagreements;
};

}  // namespace ds

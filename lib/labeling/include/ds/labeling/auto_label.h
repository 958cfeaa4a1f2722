#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ds/base/progress.h"
#include "ds/labeling/proposals.h"
#include "ds/labeling/selection.h"

namespace cv {
class Mat;
}

namespace ds {

/// A model as auto-labelling sees it; `ds-label auto` wraps a Detector.
struct ProposalModel {
  std::string id;
  std::vector<std::string> classes;
  std::function<std::vector<Detection>(const cv::Mat&)> detect;
};

struct AutoLabelOptions {
  Selection selection = {};  // empty: images that are unlabelled or queued
  std::size_t amount = 0;    // at most so many images; 0: all
  std::string order = "name";
  double min_score = 0.25;
  double duplicate_iou = 0.5;
  std::vector<std::string> renames = {};  // "model-name=project-name"
  std::uint64_t seed = 0;
  bool dry_run = false;
};

struct AutoLabelReport {
  std::size_t candidates = 0;                      // images that could get proposals
  std::size_t skipped = 0;                         // chosen, but done or rejected
  std::vector<std::string> unreadable = {};        // "name: why"
  std::vector<std::string> unmapped_classes = {};  // of the model, without a class of the project
  struct Entry {
    std::string name;
    std::size_t proposals = 0;
    std::size_t labels = 0;  // kept as they were
    double priority = 0;
    bool changed = false;
  };
  std::vector<Entry> images = {};
  std::size_t proposals = 0;
};

/// Lets the model propose. Labels by people are never touched; images become "review". An image whose bytes
/// cannot be read is reported and left. A stop signal ends it between two images with Interrupted; images
/// already done stay (the same call again goes on with the rest). Says in the project's events how many
/// images wait for review.
AutoLabelReport auto_label(Project& project, const ProposalModel& model, const AutoLabelOptions& options,
                           Progress& progress);

}  // namespace ds

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/metrics/eval_input.h"

/// COCO's two files, read straight into the arrays that are evaluated. Errors are FormatError with a pointer
/// to the element (`gt.json: /annotations/3/bbox: ...`).
namespace ds {

struct CocoReadOptions {
  /// Accept what pycocotools accepts: repeated ids, objects on images that are not listed.
  bool compat_coco = false;
};

struct CocoTruth {
  TruthTable truth;
  std::vector<std::string> warnings;
};

/// `instances_*.json`. Needs images[].id, categories[].id, annotations[].{id,image_id,category_id,bbox};
/// `area` is the box's when absent (with a warning). `ignore` is not looked at, as in pycocotools. Errors: an
/// object on an unknown image or of an unknown class, a box that is not four finite numbers, a repeated image
/// or class id.
CocoTruth read_coco_truth(const std::filesystem::path& path, const CocoReadOptions& options = {});

struct CocoDetections {
  DetectionTable table;
  std::vector<std::string> warnings;
};

/// A result file: `[{"image_id", "category_id", "bbox": [x, y, w, h], "score"}, ...]`. An unknown image is an
/// error. Detections of classes the truth lacks are left out with a warning, as pycocotools does silently.
CocoDetections read_coco_detections(const std::filesystem::path& path, const TruthTable& truth);

/// The same file, written: one detection a line, every digit kept.
void write_coco_detections(const std::filesystem::path& path, const DetectionTable& table,
                           const TruthTable& truth);

/// What looks wrong with the numbers before any metric is computed: boxes that look like corners or like
/// fractions of the image. Empty when nothing does.
std::vector<std::string> audit(const TruthTable& truth, const DetectionTable& table);

}  // namespace ds

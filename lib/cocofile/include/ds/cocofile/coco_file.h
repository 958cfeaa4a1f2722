#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ds/metrics/eval_input.h"
#include "ds/metrics/truth_labels.h"

/// COCO's two files, read straight into the arrays that are evaluated. Errors are FormatError with a pointer
/// to the element (`gt.json: /annotations/3/bbox: ...`).
namespace ds {

struct CocoReadOptions {
  /// Accept what pycocotools accepts: repeated ids, objects on images that are not listed.
  bool compat_coco = false;
  /// Read `segmentation` (polygons, compressed and plain run lengths); polygons become pixels as the COCO API
  /// makes them. Every object and detection then needs one.
  bool with_masks = false;
  /// Read what other protocols know: `difficult` and `ignore` of annotations (then TruthObject::ignore),
  /// `is_group_of` (then TruthObject::crowd), `pos_category_ids`, `neg_category_ids` and
  /// `not_exhaustive_category_ids` of images, `frequency` of categories.
  bool with_labels = false;
  /// Classes of one name are one class, whatever their ids.
  bool merge_same_names = false;
  int threads = 1;  // the result is the same for any number
};

struct CocoTruth {
  TruthTable truth;
  TruthLabels labels;  // empty unless asked for
  std::vector<std::string> warnings;
};

/// `instances_*.json`. Needs images[].id (a number or a text), categories[].id,
/// annotations[].{id,image_id,category_id,bbox};
/// `area` is the box's, or the mask's where masks are read, when absent (with a warning). With masks `bbox`
/// may be absent and images with polygons need `width` and `height`. Errors: an object on an unknown image or
/// of an unknown class, a box that is not four finite numbers, a repeated image or class id, a mask of
/// another size than its image.
CocoTruth read_coco_truth(const std::filesystem::path& path, const CocoReadOptions& options = {});

struct CocoDetections {
  DetectionTable table;
  LeftOutDetections left_out;  // of classes the truth lacks
  std::vector<std::string> warnings;
};

/// A result file: `[{"image_id", "category_id", "bbox": [x, y, w, h], "score"}, ...]`; with masks
/// `segmentation` in place of `bbox` or beside it. An `image_id` that is a text may also be the image's file
/// name, without folders and ending too. An unknown image is an error. Detections of classes the truth lacks are
/// left out with a warning, as pycocotools does silently.
CocoDetections read_coco_detections(const std::filesystem::path& path, const TruthTable& truth,
                                    const CocoReadOptions& options = {});

/// Both at once, in the time of the longer one where options.threads allows.
std::pair<CocoTruth, CocoDetections> read_coco_pair(const std::filesystem::path& truth,
                                                    const std::filesystem::path& detections,
                                                    const CocoReadOptions& options = {});

/// The same file, written: one detection a line, every digit kept.
void write_coco_detections(const std::filesystem::path& path, const DetectionTable& table,
                           const TruthTable& truth);

}  // namespace ds

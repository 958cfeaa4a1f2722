#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"
#include "ds/dataset/detection.h"
#include "ds/geometry/run_length_mask.h"

/// Truth and detections as plain arrays: what every metric is computed from.
namespace ds {

struct EvalImage {
  std::int64_t id = 0;  // ties between equal scores are broken by ascending id
  std::string name;
  std::string group;  // images of one group are resampled together; empty: a group of its own
  int width = 0;      // pixels; 0: not known
  int height = 0;
  /// What numbers are sliced by: what the source said about the image, and, under names that the source does
  /// not use, "split", "folder" (of the name), "group", "tag" and "tag absent" (the classes that the image is
  /// tagged with as present and as absent, one a line).
  std::map<std::string, std::string> attributes = {};
  /// Where the file names the image by a text instead of a number: then `id` is a number made for it.
  std::string text_id = {};
};

struct EvalClass {
  std::int64_t id = 0;
  std::string name;
  std::vector<std::int64_t> other_ids = {};  // of the file's classes that were merged into this one
};

/// One labelled object. Boxes stay in corner + size, as COCO stores them: converting to corners and back
/// rounds, and an overlap that lies exactly on a threshold would change sides.
struct TruthObject {
  double x = 0;
  double y = 0;
  double w = 0;
  double h = 0;
  double area = 0;             // what decides small, medium, large: a mask's area where there is one
  std::int64_t id = 0;         // only `MatchOptions::compat_coco` looks at it
  std::int32_t image_idx = 0;  // into TruthTable::images
  std::int32_t class_idx = 0;  // into TruthTable::classes
  bool crowd = false;          // absorbs any number of detections and is not counted
  bool ignore = false;         // absorbs one detection and is not counted
};

struct TruthTable {
  std::vector<EvalImage> images;
  std::vector<EvalClass> classes;
  std::vector<TruthObject> objects;
  std::vector<RunLengthMask> masks = {};  // of the objects, as many; empty: not read
};

/// One detection.
struct DetectedBox {
  double x = 0;
  double y = 0;
  double w = 0;
  double h = 0;
  double score = 0;
  std::int32_t image_idx = 0;
  std::int32_t class_idx = 0;
};

/// What one model found on the images of a TruthTable, in file order (which breaks ties inside an image).
struct DetectionTable {
  std::string name;  // of the model or file, for messages
  std::vector<DetectedBox> boxes;
  std::vector<RunLengthMask> masks = {};  // of the boxes, as many; empty: not read
};

/// Detections of a file whose class the truth lacks. They are in no table.
struct LeftOutDetections {
  std::vector<DetectedBox> boxes;       // class_idx -1
  std::vector<std::int64_t> class_ids;  // as boxes: what the file calls their classes
  std::vector<std::int64_t> places;     // as boxes: where they stand in the file, from 0, ascending
  /// The place in the file of a detection that is in the table.
  std::int64_t place_in_file(std::size_t detection_idx) const;
};

struct TruthOptions {
  bool ignore_difficult =
      true;  // objects marked difficult absorb one detection and are not counted (VOC's rule)
};

/// Every image of the dataset, whatever its state or split: filter before. Proposals no person has seen are
/// left out. When no image has an id yet, ids are 1, 2, 3 ... in order. Throws DataError when two images
/// share an id.
TruthTable truth_from_dataset(const Dataset& dataset, const TruthOptions& options = {});

/// Detections by image id, or by name where the id is 0. Throws DataError on an image the truth lacks, a
/// class index out of range, and on numbers that are not finite.
DetectionTable detections_from(const std::vector<ImageDetections>& found, const TruthTable& truth,
                               const std::string& name);

/// SHA-256 over classes, images and objects in an order of its own: the same for the same content, however it
/// is ordered. Two evaluations are comparable only when their fingerprints are equal.
std::string fingerprint(const TruthTable& truth);

}  // namespace ds

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ds/metrics/eval_input.h"
#include "ds/metrics/matching.h"

/// What looks wrong in the files, said before any number is believed. Nothing is ever changed: each finding
/// says what AP would be if the file were read the other way.
namespace ds {

enum class AuditKind {
  corners,             // x1 y1 x2 y2 where x y width height belongs
  fractions,           // of the image's sides where pixels belong
  shifted_class,       // class ids off by one, or positions in the list of classes where ids belong
  score_range,         // scores outside 0 to 1
  repeated_id,         // two annotations of one id
  negative_size,       // width or height below 0
  outside_image,       // boxes that reach more than a pixel over the image's edge
  repeated_detection,  // the same image, class, box and score again
  no_detection,        // images that hold objects that count, but no detection at all
  same_name,           // classes of one name under several ids
  unit_area,           // areas of at most 1 for objects that are larger
  many_objects,        // images that hold more objects than detections count
};
std::string to_string(AuditKind kind);

struct AuditFinding {
  AuditKind kind = AuditKind::corners;
  std::string file;
  std::string saw;                 // "734 of 734 boxes ..."
  std::string first;               // "/12", "annotation 7", "image 3"
  std::string other_reading;       // "read as corners"; empty: AP does not depend on it, but
  std::string dependent;           // "--conf and calibration" do
  std::optional<double> ap_given;  // nothing where no object counts
  std::optional<double> ap_other;
  /// One sentence with all of it.
  std::string text() const;
};

/// In the order of AuditKind, the truth's before the detections'. Images' sizes are used
/// where they are known.
/// @param matching of these two tables; its options are those of the other readings too
/// @param ap       of this matching; -1 without objects
std::vector<AuditFinding> audit_inputs(const std::string& truth_file, const TruthTable& truth,
                                       const std::string& detections_file, const DetectionTable& detections,
                                       const LeftOutDetections& left_out, const Matching& matching,
                                       double ap);

}  // namespace ds

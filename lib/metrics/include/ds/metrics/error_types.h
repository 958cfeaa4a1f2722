#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ds/metrics/eval_input.h"

/// Why AP is lost, by kind of error: Bolya, Foley, Hays and Hoffman, "TIDE: A General Toolbox for Identifying
/// Object Detection Errors", ECCV 2020.
namespace ds {

/// classification: good place, wrong class. localization: right class, too far off. both: too far off and
/// wrong class. duplicate: the object was found by a better detection already. background: nothing is there.
/// missed: an object that no detection of the other kinds explains.
enum class ErrorType { classification, localization, both, duplicate, background, missed };
inline constexpr int kErrorTypeCount = 6;
std::string to_string(ErrorType type);

struct ErrorTypeOptions {
  double found_iou = 0.5;       // from here on an object counts as found
  double background_iou = 0.1;  // up to here a detection touches nothing
  int max_per_image = 100;      // over all classes, by score
};

/// One error, for lists and pictures.
struct DetectionError {
  ErrorType type = ErrorType::background;
  std::int32_t detection_idx = -1;  // into DetectionTable::boxes; -1: missed
  std::int32_t object_idx = -1;     // the object it was about; -1: none
};

struct ErrorTypes {
  double ap50 = 0;  // mean over classes that have objects, 0..1
  std::array<std::int64_t, kErrorTypeCount> counts{};
  /// What AP50 would gain were all errors of one kind mended and nothing else; may be negative by a little.
  std::array<double, kErrorTypeCount> gain{};
  double gain_without_false_positives = 0;  // all detections that are no hit removed
  double gain_without_misses = 0;           // all objects that were not found left out
  std::vector<DetectionError> errors;       // by image, then by falling score; misses last
};

/// Crowd and ignored objects absorb detections and are no errors. Throws DataError when a detection names an
/// image or class that the truth lacks.
ErrorTypes error_types(const TruthTable& truth, const DetectionTable& detections,
                       const ErrorTypeOptions& options = {});

}  // namespace ds

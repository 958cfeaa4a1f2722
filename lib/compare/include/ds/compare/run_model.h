#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/base/progress.h"
#include "ds/compare/eval_data.h"
#include "ds/detect/detector.h"
#include "ds/report/comparison.h"

namespace ds {

/// What a model found on the images, and how long each took.
struct Inference {
  DetectionTable table;
  Latency latency;
  std::vector<std::string> warnings;
};

/// Runs the detector on every image, one at a time (decoding is not timed; the first images run twice, so
/// that the clock sees a warm network). Classes are matched by name: detections of a class that the truth
/// lacks are left out with a warning, and so is told which classes the model does not know. Throws DataError
/// when they share none, Interrupted when a signal asks to stop.
Inference run_model(Detector& detector, const EvalData& data, Progress& progress);

struct RunOptions {
  DetectorOptions detector = {};
  EvaluateOptions evaluate = {};
};

/// A low score threshold (0.01), because average precision needs the tail that an operating threshold cuts
/// off.
DetectorOptions evaluation_detector_options();

/// load_detector, run_model, evaluate: the whole evaluation of a model bundle or weight file.
/// @param name what it is called in tables
ComparedModel evaluate_model(const std::filesystem::path& model, const std::string& name,
                             const EvalData& data, const RunOptions& options, Progress& progress);

/// Writes detections.json (COCO results, ids of the truth) and results.json into an existing folder.
void write_evaluation(const std::filesystem::path& folder, const ComparedModel& model,
                      const TruthTable& truth);

}  // namespace ds

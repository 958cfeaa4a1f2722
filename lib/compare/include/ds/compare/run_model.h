#pragma once

#include <filesystem>
#include <optional>
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

/// Runs the detectors on every image, one image at a time (decoding is not timed; the first images run twice,
/// so that the clock sees a warm network). They take turns image by image, another one first each time, so
/// that a machine that slows down is no one's disadvantage. Classes are matched by name: detections of a
/// class that the truth lacks are left out with a warning, and so is told which classes a model does not
/// know. Throws DataError when a model shares none, Interrupted when a signal asks to stop.
/// @param names what the models are called, beside `detectors`; empty: as their cards say
/// @return beside `detectors`
std::vector<Inference> run_models(const std::vector<Detector*>& detectors,
                                  const std::vector<std::string>& names, const EvalData& data,
                                  Progress& progress);
/// The same with one.
Inference run_model(Detector& detector, const EvalData& data, Progress& progress);

struct RunOptions {
  DetectorOptions detector = {};
  EvaluateOptions evaluate = {};
};

/// A low score threshold (0.01), because average precision needs the tail that an
/// operating threshold cuts off.
DetectorOptions evaluation_detector_options();

/// A model to evaluate.
struct ModelToRun {
  std::filesystem::path path;  // bundle or weight file
  std::string name;            // in tables
  /// Operating threshold of this model, in place of RunOptions::evaluate.confidence.
  std::optional<double> confidence = std::nullopt;
  bool registered = false;  // the folder is the registry's: its golden answer is kept there
};

/// load_detector, run_models, evaluate: the whole evaluation of model bundles or weight files. All are loaded
/// at once and timed in one pass.
std::vector<ComparedModel> evaluate_models(const std::vector<ModelToRun>& models, const EvalData& data,
                                           const RunOptions& options, Progress& progress);

/// Writes detections.json (COCO results, ids of the truth) and results.json into an existing folder.
void write_evaluation(const std::filesystem::path& folder, const ComparedModel& model,
                      const TruthTable& truth);

}  // namespace ds

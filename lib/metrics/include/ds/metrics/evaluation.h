#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ds/metrics/average_precision.h"
#include "ds/metrics/bootstrap.h"
#include "ds/metrics/eval_input.h"
#include "ds/metrics/operating_point.h"

namespace ds {

/// The model that was evaluated. Empty or 0: not known.
struct EvaluatedModel {
  std::string id;
  std::string name;
  std::string architecture;
  std::int64_t parameters = 0;
  std::int64_t file_bytes = 0;
};

/// What it was evaluated on.
struct EvaluatedData {
  std::string name;  // file or project
  std::string snapshot;
  std::string split;
  std::string fingerprint;  // of the truth; see ds/metrics/eval_input.h
  std::int64_t images = 0;
  std::int64_t groups = 0;
  std::int64_t objects = 0;  // that count
  std::int64_t detections = 0;
};

/// How the detections were made. Empty when they came from a file.
struct InferenceSettings {
  std::string engine;
  int input_width = 0;
  int input_height = 0;
  double score_threshold = 0;
  double nms_iou = 0;
  int max_per_image = 0;
  int threads = 0;
  bool operator==(const InferenceSettings&) const = default;
};

/// Where it was measured. Empty or 0: not known.
struct EvaluatedMachine {
  std::string cpu;     // the processor's name for itself
  int processors = 0;  // that the system has
  int threads = 0;     // that were asked for; 0: the engine's choice
  bool operator==(const EvaluatedMachine&) const = default;
};

/// One image at a time, after warm-up: decode excluded, letterbox, network and suppression included.
struct Latency {
  std::int64_t images = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double mean_ms = 0;
  std::int64_t peak_memory_bytes = 0;  // of the whole process, with every model that is loaded
  /// By how much the process's peak grew while this model was loaded and ran for the first time; the first
  /// model of a process also pays for the engine's library, and memory that was freed before and is used
  /// again is not seen. 0: not known.
  std::int64_t model_memory_bytes = 0;
  /// The models that took turns, image by image, when this was measured: their latencies can be compared.
  /// Empty: not known (measured alone, by an older ds).
  std::vector<std::string> together = {};
};

/// Everything that was found out about one model on one truth: evals/<id>/results.json.
struct Evaluation {
  static constexpr int kVersion = 1;

  EvaluatedModel model;
  EvaluatedData data;
  InferenceSettings inference;
  EvaluatedMachine machine;
  std::optional<Latency> latency;
  std::string created_at;
  std::string tool_version;

  std::vector<std::string> class_names;
  AveragePrecision precision;
  std::array<std::optional<Interval>, kBootstrapNumberCount> intervals;  // AP, AP50, AP75, APs, APm, APl
  int resamples = 0;                                                     // 0: no intervals were computed
  OperatingPoint operating;                                              // `pairs` is not stored
  ConfusionMatrix confusion;
  EdgeError edges;
  std::vector<std::string> warnings;

  /// Numbers that a gate or a filter may ask for by name: the twelve, accuracy, error_rate, precision,
  /// recall, f1, rmse, rmse_px, parameters, size_mb, latency_p50_ms, latency_p95_ms, memory_mb (of the
  /// process), model_memory_mb. What is not known is absent.
  std::map<std::string, double> facts() const;
};

struct EvaluateOptions {
  MatchOptions match = {};
  std::optional<double> confidence = std::nullopt;  // operating threshold; absent: best F1 on this set
  int resamples = 0;                                // of the bootstrap; 0: no intervals
  std::uint64_t seed = 0;
  int threads = 1;
  bool with_confusion = true;
  std::string fingerprint = {};  // of the truth, where it is known already; empty: it is computed
};

/// An evaluation with the matching that it was counted from, for comparisons between models.
struct EvaluatedMatching {
  Evaluation evaluation;
  Matching matching;
};
EvaluatedMatching evaluate(const TruthTable& truth, const DetectionTable& detections,
                           const EvaluateOptions& options = {});

/// What pycocotools would say differently about these files, one sentence each with the numbers: annotation
/// id 0, repeated ids, limits without 100, no detections. Empty when it agrees.
std::vector<std::string> pycocotools_differences(const TruthTable& truth, const DetectionTable& detections,
                                                 const MatchOptions& options = {});

/// The document of docs/METRICS.md, numbers at full precision; absent ones are null.
nlohmann::ordered_json to_json(const Evaluation& evaluation);
/// Throws FormatError naming `file` and the member for anything missing, and for a newer version.
Evaluation evaluation_from_json(const std::string& text, const std::string& file);

}  // namespace ds

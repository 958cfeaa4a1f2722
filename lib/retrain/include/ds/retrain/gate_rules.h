#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ds/metrics/eval_input.h"
#include "ds/retrain/policy.h"
#include "ds/retrain/rule_check.h"

namespace ds {

/// Which part of the frozen test split an image belongs to. `other` is measured by nobody: near-duplicates of
/// test images that came in as captures.
enum class TestPart { original, holdout, other };

struct GateModel {
  std::string id;
  DetectionTable detections;                 // over GateInput::truth
  std::map<std::string, double> facts = {};  // latency_p50_ms, size_mb
  std::vector<std::string> classes = {};
};

/// Champion and challenger on the same truth.
struct GateInput {
  TruthTable truth;             // the whole test split
  std::vector<TestPart> parts;  // as TruthTable::images
  GateModel champion;
  GateModel challenger;
};

/// Every rule of the gate with value, limit and interval: number of test images, AP on the original test set
/// (the whole interval must lie above -max_loss), AP per class, AP on the production holdout once it is large
/// enough (the whole interval must lie above min_holdout_gain), latency, size, classes. A difference whose
/// interval crosses its limit is unknown.
std::vector<RuleCheck> gate_rules(const GateInput& input, const RetrainPolicy& policy, int threads = 1);

/// The images for which `keep` holds with their objects and detections; with `class_idx` >=
/// 0 only that class.
struct TruthAndDetections {
  TruthTable truth;
  std::vector<DetectionTable> detections;
};
TruthAndDetections part_of(const TruthTable& truth, const std::vector<const DetectionTable*>& detections,
                           const std::function<bool(std::size_t image_idx)>& keep, int class_idx = -1);

}  // namespace ds

#include "ds/metrics/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "ds/base/error.h"
#include "ds/base/parallel.h"
#include "ds/base/version.h"
#include "tables/truth_objects.h"

namespace ds {

namespace {

void put(std::map<std::string, double>& facts, const char* name, const std::optional<double>& value) {
  if (value) facts[name] = *value;
}

/// Repeated ids and id 0 among the objects.
struct IdFaults {
  std::size_t repeated = 0;
  std::size_t zero = 0;
};

IdFaults find_id_faults(const TruthTable& truth) {
  IdFaults faults;
  std::unordered_set<std::int64_t> seen;
  seen.reserve(truth.objects.size());
  for (const auto& object : truth.objects) {
    faults.repeated += !seen.insert(object.id).second;
    faults.zero += object.id == 0;
  }
  return faults;
}

std::size_t count_groups(const TruthTable& truth) {
  std::unordered_set<std::string> named;
  std::size_t alone = 0;
  for (const auto& image : truth.images) {
    if (image.group.empty())
      ++alone;
    else
      named.insert(image.group);
  }
  return alone + named.size();
}

}  // namespace

std::map<std::string, double> Evaluation::facts() const {
  std::map<std::string, double> all;
  for (int n = 0; n < kCocoNumberCount; ++n)
    if (precision.numbers.values[n] >= 0) all[coco_number_names()[n]] = precision.numbers.values[n];
  put(all, "accuracy", operating.all.accuracy());
  put(all, "error_rate", operating.all.error_rate());
  put(all, "precision", operating.all.precision());
  put(all, "recall", operating.all.recall());
  put(all, "f1", operating.all.f1());
  put(all, "rmse", edges.rmse);
  put(all, "rmse_px", edges.rmse_px);
  if (model.parameters > 0) all["parameters"] = static_cast<double>(model.parameters);
  if (model.file_bytes > 0) all["size_mb"] = static_cast<double>(model.file_bytes) / 1e6;
  if (latency) {
    all["latency_p50_ms"] = latency->p50_ms;
    all["latency_p95_ms"] = latency->p95_ms;
    if (latency->peak_memory_bytes > 0)
      all["memory_mb"] = static_cast<double>(latency->peak_memory_bytes) / 1e6;
    if (latency->model_memory_bytes > 0)
      all["model_memory_mb"] = static_cast<double>(latency->model_memory_bytes) / 1e6;
  }
  return all;
}

EvaluatedMatching evaluate(const TruthTable& truth, const DetectionTable& detections,
                           const EvaluateOptions& options) {
  EvaluatedMatching result{{}, match(truth, detections, options.match)};
  auto& e = result.evaluation;
  e.tool_version = version();
  e.model.name = detections.name;
  e.data.images = static_cast<std::int64_t>(truth.images.size());
  e.data.groups = static_cast<std::int64_t>(count_groups(truth));
  e.data.objects = std::count_if(truth.objects.begin(), truth.objects.end(),
                                 [](const auto& o) { return detail::counts(o); });
  e.data.detections = static_cast<std::int64_t>(detections.boxes.size());
  for (const auto& info : truth.classes) e.class_names.push_back(info.name);
  // Three that need nothing of each other.
  for_each_index(3, options.threads, [&](std::size_t part) {
    if (part == 0) {
      e.data.fingerprint = options.fingerprint.empty() ? fingerprint(truth) : options.fingerprint;
    } else if (part == 1) {
      e.precision = average_precision(result.matching);
    } else {
      e.operating = operating_point(result.matching, options.confidence);
      e.edges = edge_error(truth, detections, e.operating.pairs);
      if (options.with_confusion)
        e.confusion = confusion_matrix(truth, detections, result.matching, e.operating.threshold);
    }
  });
  if (options.resamples > 0 && !truth.images.empty()) {
    const auto bootstrap =
        paired_bootstrap(truth, {&result.matching}, {options.resamples, options.seed, options.threads, 0.95});
    for (int n = 0; n < kBootstrapNumberCount; ++n) e.intervals[n] = bootstrap.of(0, n);
    e.resamples = options.resamples;
  }
  return result;
}

std::vector<std::string> pycocotools_differences(const TruthTable& truth, const DetectionTable& detections,
                                                 const MatchOptions& options) {
  std::vector<std::string> found;
  if (detections.boxes.empty())
    found.push_back(
        fmt::format("{}: no detections; pycocotools stops with an IndexError here, ds counts every object "
                    "as missed",
                    detections.name));
  const auto& limits = options.max_detections;
  if (std::find(limits.begin(), limits.end(), 100) == limits.end())
    found.push_back(fmt::format(
        "AP is over at most {} detections; pycocotools says -1 when 100 is not among the limits", limits[2]));
  const auto faults = find_id_faults(truth);
  if (faults.repeated == 0 && faults.zero == 0) return found;
  auto other = options;
  other.compat_coco = true;
  const double ours = average_precision(match(truth, detections, options)).numbers.ap();
  const double theirs = average_precision(match(truth, detections, other)).numbers.ap();
  if (faults.zero)
    found.push_back(fmt::format("{} annotation{} with id 0: pycocotools takes it for unmatched", faults.zero,
                                faults.zero > 1 ? "s" : ""));
  if (faults.repeated)
    found.push_back(fmt::format("{} repeated annotation id{}: pycocotools sees only the last of each",
                                faults.repeated, faults.repeated > 1 ? "s" : ""));
  found.push_back(
      fmt::format("{}: AP {:.6f}; pycocotools would say {:.6f}, {:+.6f} (--compat coco gives its number)",
                  detections.name, ours, theirs, theirs - ours));
  return found;
}

}  // namespace ds

#include "ds/compare/run_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <opencv2/core/mat.hpp>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/base/process.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/cocofile/coco_file.h"
#include "ds/detect/golden.h"
#include "ds/media/image_io.h"
#include "ds/weights/weight_file.h"
#include "machine.h"

namespace ds {

namespace {

constexpr std::size_t kWarmUpImages = 3;

/// What is measured here is what a promotion is later held to. A model that fails is still measured, for its numbers say
/// so too; it has no golden answer then, and a promotion refuses it.
void note_golden(const std::filesystem::path& folder, Detector& detector) {
  const auto& card = detector.card();
  if (detector.input_width() != card.input_width || detector.input_height() != card.input_height) return;
  try {
    keep_golden(folder, check_golden(folder, detector));
  } catch (const DataError& error) {
    log::warning(error.what());
  }
}

int find_class(const TruthTable& truth, const std::string& name) {
  for (std::size_t t = 0; t < truth.classes.size(); ++t)
    if (truth.classes[t].name == name) return static_cast<int>(t);
  return -1;
}

/// Lists of the same length that agree on most places are one list with some names spelled otherwise (COCO's
/// motorbike and motorcycle): what is left over on the same place is the same class.
void pair_by_place(const std::vector<std::string>& model_classes, const TruthTable& truth,
                   const std::string& name, std::vector<int>& map, std::vector<std::string>& warnings) {
  if (model_classes.size() != truth.classes.size()) return;
  std::size_t in_place = 0;
  for (std::size_t c = 0; c < map.size(); ++c) in_place += map[c] == static_cast<int>(c);
  if (in_place * 2 <= map.size() || in_place == map.size()) return;
  std::vector<std::string> pairs;
  for (std::size_t c = 0; c < map.size(); ++c) {
    if (map[c] >= 0 || std::find(map.begin(), map.end(), static_cast<int>(c)) != map.end()) continue;
    map[c] = static_cast<int>(c);
    pairs.push_back(fmt::format("{} = {}", model_classes[c], truth.classes[c].name));
  }
  if (!pairs.empty())
    warnings.push_back(fmt::format("{}: classes taken as the same because they stand at the same place: {}",
                                   name, join(pairs, ", ")));
}

/// For each class of the model its index in the truth, or -1.
std::vector<int> class_map(const std::vector<std::string>& model_classes, const TruthTable& truth,
                           const std::string& name, std::vector<std::string>& warnings) {
  std::vector<int> map;
  map.reserve(model_classes.size());
  for (const auto& model_class : model_classes) map.push_back(find_class(truth, model_class));
  pair_by_place(model_classes, truth, name, map, warnings);
  std::vector<std::string> unknown_to_truth, unknown_to_model;
  for (std::size_t c = 0; c < map.size(); ++c)
    if (map[c] < 0) unknown_to_truth.push_back(model_classes[c]);
  for (std::size_t t = 0; t < truth.classes.size(); ++t)
    if (std::find(map.begin(), map.end(), static_cast<int>(t)) == map.end())
      unknown_to_model.push_back(truth.classes[t].name);
  if (unknown_to_truth.size() == model_classes.size())
    throw DataError(fmt::format("{} and the data have no class in common", name),
                    fmt::format("the model knows {}; the data has {}", join(unknown_to_truth, ", "),
                                join(unknown_to_model, ", ")));
  if (!unknown_to_truth.empty())
    warnings.push_back(fmt::format("{}: detections of classes that the data lacks are left out: {}", name,
                                   join(unknown_to_truth, ", ")));
  if (!unknown_to_model.empty())
    warnings.push_back(
        fmt::format("{}: the model does not know the classes {}", name, join(unknown_to_model, ", ")));
  return map;
}

Latency latency_of(std::vector<double> seconds) {
  if (seconds.empty()) return {};
  std::sort(seconds.begin(), seconds.end());
  Latency latency;
  latency.images = static_cast<std::int64_t>(seconds.size());
  latency.p50_ms = 1000 * percentile(seconds, 0.5);
  latency.p95_ms = 1000 * percentile(seconds, 0.95);
  latency.mean_ms =
      1000 * std::accumulate(seconds.begin(), seconds.end(), 0.0) / static_cast<double>(seconds.size());
  latency.peak_memory_bytes = static_cast<std::int64_t>(peak_memory_bytes());
  return latency;
}

/// Trainable numbers of a weight file, for models whose card does not say; 0 for files that
/// are not read here.
std::int64_t count_parameters(const std::filesystem::path& weights) {
  if (weights.extension() != ".safetensors" && weights.extension() != ".pth") return 0;
  std::int64_t total = 0;
  for (const auto& row : inspect_weights(weights)) {
    // BatchNorm's running statistics are measured, not trained.
    if (row.name.ends_with("running_mean") || row.name.ends_with("running_var") ||
        row.name.ends_with("num_batches_tracked"))
      continue;
    std::int64_t count = 1;
    for (const auto side : row.shape) count *= side;
    total += count;
  }
  return total;
}

EvaluatedModel describe(const ModelCard& card, const std::filesystem::path& weights,
                        const std::string& name) {
  EvaluatedModel model;
  model.name = name;
  model.architecture = card.architecture;
  model.parameters = card.parameters > 0 ? card.parameters : count_parameters(weights);
  model.file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(weights));
  return model;
}

InferenceSettings settings_of(const Detector& detector, const DetectorOptions& options) {
  return {options.engine,
          detector.input_width(),
          detector.input_height(),
          detector.score_threshold(),
          options.nms_iou.value_or(detector.card().nms_iou),
          static_cast<int>(options.max_per_image),
          options.threads};
}

}  // namespace

DetectorOptions evaluation_detector_options() {
  DetectorOptions options;
  options.score_threshold = 0.01;
  return options;
}

std::vector<Inference> run_models(const std::vector<Detector*>& detectors,
                                  const std::vector<std::string>& names, const EvalData& data,
                                  Progress& progress) {
  std::vector<Inference> results(detectors.size());
  std::vector<std::vector<int>> maps;
  std::vector<std::string> called;
  for (std::size_t m = 0; m < detectors.size(); ++m) {
    const auto& card = detectors[m]->card();
    called.push_back(names.empty() ? card.name : names.at(m));
    results[m].table.name = called.back();
    maps.push_back(class_map(card.classes, data.truth, called.back(), results[m].warnings));
  }
  std::vector<std::vector<double>> seconds(detectors.size());
  progress.begin(join(called, ", "), static_cast<std::int64_t>(data.files.size()));
  for (std::size_t i = 0; i < data.files.size(); ++i) {
    const cv::Mat image = decode_image_file(data.files[i]);
    for (std::size_t turn = 0; turn < detectors.size(); ++turn) {
      throw_if_stopped();
      const auto m = (i + turn) % detectors.size();
      if (i < kWarmUpImages) detectors[m]->detect(image);
      const Stopwatch watch;
      const auto found = detectors[m]->detect(image);
      seconds[m].push_back(watch.seconds());
      for (const auto& d : found) {
        const int class_idx = maps[m].at(static_cast<std::size_t>(d.class_idx));
        if (class_idx >= 0)
          results[m].table.boxes.push_back({d.box.x0, d.box.y0, d.box.width(), d.box.height(), d.score,
                                            static_cast<std::int32_t>(i), class_idx});
      }
    }
    progress.advance();
  }
  progress.end();
  for (std::size_t m = 0; m < detectors.size(); ++m) {
    results[m].latency = latency_of(std::move(seconds[m]));
    results[m].latency.together = called;
  }
  return results;
}

Inference run_model(Detector& detector, const EvalData& data, Progress& progress) {
  return std::move(run_models({&detector}, {}, data, progress).front());
}

std::vector<ComparedModel> evaluate_models(const std::vector<ModelToRun>& models, const EvalData& data,
                                           const RunOptions& options, Progress& progress) {
  // Where a model cannot be used, that is said before the others have run.
  std::vector<ModelSource> sources;
  sources.reserve(models.size());
  for (const auto& model : models) sources.push_back(resolve_model(model.path, options.detector));
  std::vector<Detector> detectors;
  std::vector<std::int64_t> memory;
  std::int64_t peak = 0;
  for (const auto& model : models) {
    const detail::MemoryGrowth growth;
    peak = std::max(peak, growth.peak_before());
    detectors.push_back(load_detector(model.path, options.detector));
    // An engine takes most of its memory when it runs for the first time.
    if (!data.files.empty()) detectors.back().detect(decode_image_file(data.files.front()));
    memory.push_back(growth.bytes());
    if (model.registered) note_golden(model.path, detectors.back());
  }
  std::vector<Detector*> borrowed;
  std::vector<std::string> names;
  for (std::size_t m = 0; m < models.size(); ++m) {
    borrowed.push_back(&detectors[m]);
    names.push_back(models[m].name);
  }
  const auto now = utc_now();
  const auto machine = detail::this_machine(options.detector.threads);
  auto inferences = run_models(borrowed, names, data, progress);
  std::vector<ComparedModel> results;
  for (std::size_t m = 0; m < models.size(); ++m) {
    auto& inference = inferences[m];
    auto how = options.evaluate;
    if (models[m].confidence) how.confidence = models[m].confidence;
    auto result = evaluate(data.truth, inference.table, how);
    auto& e = result.evaluation;
    e.model = describe(detectors[m].card(), sources[m].weights, models[m].name);
    const auto counted = e.data;
    e.data = data.about;
    e.data.groups = counted.groups;
    e.data.objects = counted.objects;
    e.data.detections = counted.detections;
    e.inference = settings_of(detectors[m], options.detector);
    e.machine = machine;
    e.latency = inference.latency;
    e.latency->model_memory_bytes = memory[m];
    e.latency->peak_memory_bytes = std::max(e.latency->peak_memory_bytes, peak);
    e.created_at = now;
    e.warnings = data.warnings;
    e.warnings.insert(e.warnings.end(), inference.warnings.begin(), inference.warnings.end());
    results.push_back({std::move(e), std::move(inference.table), std::move(result.matching)});
  }
  return results;
}

void write_evaluation(const std::filesystem::path& folder, const ComparedModel& model,
                      const TruthTable& truth) {
  write_coco_detections(folder / "detections.json", model.detections, truth);
  write_file_atomically(folder / "results.json", to_json(model.evaluation).dump(1) + "\n");
}

}  // namespace ds

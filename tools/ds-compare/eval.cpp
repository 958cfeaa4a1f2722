#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/compare/project_evaluations.h"
#include "ds/formats/annotation_format.h"
#include "ds/report/leaderboard.h"
#include "printing.h"
#include "verbs.h"

namespace ds::compare_tool {

namespace {

struct EvalFlags {
  std::vector<std::string> models;
  std::string snapshot;
  std::string split = "test";
  bool force = false;
  LeaderboardFlags board;

  std::filesystem::path data;
  std::string data_format = "auto";
  std::filesystem::path images;
  std::filesystem::path output;

  DetectorOptions detector = evaluation_detector_options();
  double min_score = 0.01;
  int max_per_image = 100;
  int size = 0;
  std::filesystem::path classes;
  std::optional<double> confidence;
  std::string confidence_from = "none";
  BootstrapFlags bootstrap;
  TableOptions table;

  RunOptions run_options(const SharedOptions& shared) const {
    RunOptions run;
    run.detector = detector;
    run.detector.score_threshold = min_score;
    if (max_per_image < 1)
      throw UsageError(fmt::format("--max-per-image is {}; at least 1 is needed", max_per_image));
    run.detector.max_per_image = static_cast<std::size_t>(max_per_image);
    run.detector.input_width = run.detector.input_height = size;
    run.detector.threads = shared.threads;
    if (!classes.empty()) run.detector.classes = read_class_names(classes);
    run.evaluate.confidence = confidence;
    run.evaluate.resamples = bootstrap.resamples;
    run.evaluate.seed = shared.seed;
    run.evaluate.threads = shared.effective_threads();
    return run;
  }
};

/// The models among each other, best first: RMSE over the objects that all of them matched. The intervals are
/// those that were stored; what pairs of models differ by is `ds-compare table`'s business.
void print_result(Context& context, const EvalFlags& flags, const EvalData& data,
                  std::vector<ComparedModel> models) {
  std::stable_sort(models.begin(), models.end(), [](const auto& a, const auto& b) {
    return a.evaluation.precision.numbers.ap() > b.evaluation.precision.numbers.ap();
  });
  LeaderboardView view;
  view.truth = &data.truth;
  view.entries = compare_thoroughly(data.truth, models, {.resamples = 0}).entries;
  for (const auto& model : models) view.detections.push_back(&model.detections);
  print_leaderboard(context, view, flags.board, flags.table);
}

int eval_dataset(Context& context, const EvalFlags& flags) {
  std::vector<ModelToRun> wanted;
  for (const auto& model : flags.models) {
    const std::filesystem::path path = model;
    if (!std::filesystem::exists(path))
      throw UsageError(fmt::format("{}: there is no such model file or folder", model),
                       "with --data a model is a bundle folder or a weight file");
    wanted.push_back({path, (path.filename().empty() ? path.parent_path().stem() : path.stem()).string()});
    const auto same = std::find_if(wanted.begin(), wanted.end() - 1,
                                   [&](const auto& other) { return other.name == wanted.back().name; });
    if (!flags.output.empty() && same != wanted.end() - 1)
      throw UsageError(fmt::format("{} and {} would both be written to {}", same->path.string(), model,
                                   (flags.output / same->name).string()),
                       "evaluate them in two calls, or rename one");
  }
  const auto data = dataset_data(flags.data, flags.data_format, flags.images);
  auto models = evaluate_models(wanted, data, flags.run_options(context.shared), context.progress);
  for (const auto& model : models) {
    for (const auto& text : model.evaluation.warnings) log::warning(text);
    if (flags.output.empty()) continue;
    const auto folder = models.size() == 1 ? flags.output : flags.output / model.evaluation.model.name;
    make_folders(folder);
    write_evaluation(folder, model, data.truth);
  }
  print_result(context, flags, data, std::move(models));
  return 0;
}

/// The thresholds of best F1 on another split, which do not flatter this one.
void take_thresholds(Project& project, std::vector<ProjectEvalRequest>& requests, const EvalFlags& flags,
                     Context& context) {
  if (flags.confidence) throw UsageError("--conf and --conf-from exclude each other");
  if (flags.confidence_from == flags.split)
    throw UsageError(fmt::format("--conf-from {} is the split that is evaluated", flags.split),
                     "choose another split");
  ProjectEvalOptions options;
  options.snapshot = flags.snapshot;
  options.split = flags.confidence_from;
  options.run = flags.run_options(context.shared);
  const auto stored = evaluate_in_project(project, requests, options, context.progress);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    requests[i].confidence = stored.models[i].model.evaluation.operating.threshold;
    log::info(fmt::format("{}: threshold {:.4f}, the best F1 on {}", requests[i].model,
                          *requests[i].confidence, flags.confidence_from));
  }
}

int eval_project(Context& context, const EvalFlags& flags) {
  auto project = tool::open_project(context);
  ProjectEvalOptions options;
  options.snapshot = flags.snapshot;
  options.split = flags.split;
  options.force = flags.force;
  options.run = flags.run_options(context.shared);
  std::vector<ProjectEvalRequest> requests;
  for (const auto& model : flags.models) requests.push_back({model});
  if (flags.confidence_from != "none") take_thresholds(project, requests, flags, context);
  auto evaluated = evaluate_in_project(project, requests, options, context.progress);
  std::vector<ComparedModel> models;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto& stored = evaluated.models[i];
    if (stored.reused)
      log::info(fmt::format("{}: evaluated before, {} (--force runs it again)", requests[i].model,
                            stored.record.id));
    for (const auto& text : stored.model.evaluation.warnings) log::warning(text);
    models.push_back(std::move(stored.model));
  }
  print_result(context, flags, evaluated.data, std::move(models));
  return 0;
}

void bind(OptionSet& options, EvalFlags& o) {
  options.add("snapshot", o.snapshot, "dataset version; default: one made of what is done now", "S")
      .choice("split", o.split, {"train", "val", "test", "all"}, "images of this split")
      .add("force", o.force, "run again what was evaluated before")
      .group("Detections")
      .add("min-score", o.min_score, "keep detections with a greater score; average precision needs low ones")
      .within(0, 1)
      .add("nms", o.detector.nms_iou, "IoU of the class-wise suppression; default: the model's", "IOU")
      .within(0, 1)
      .add("max-per-image", o.max_per_image, "best detections kept on an image")
      .at_least(1)
      .add("size", o.size, "side of the network's input; 0: the model's", "PIXELS")
      .within(0, 8192)
      .add("engine", o.detector.engine, "what runs the network; default: by the weight file", "NAME")
      .add("device", o.detector.device, "where the network runs: cpu, cuda, cuda:1", "DEVICE")
      .add("arch", o.detector.architecture, "architecture of a bare weight file", "NAME")
      .add("classes", o.classes, "class names of a bare weight file, one a line")
      .add("conf", o.confidence, kConfidenceHelp)
      .within(0, 1)
      .choice("conf-from", o.confidence_from, {"none", "train", "val", "test"},
              "take that threshold from the best F1 on this split instead")
      .group("Without a project")
      .add("data", o.data, "labelled dataset of another tool: a folder or a file", "PATH")
      .add("data-format", o.data_format, "its format; auto: recognised", "NAME")
      .add("images", o.images, "folder of its images, when not where the format says", "DIR")
      .add("output", o.output, "write detections.json and results.json here", "DIR")
      .group("Result");
  o.board.bind(options, false);
  o.bootstrap.bind(options, "; 0: no intervals");
  o.table.bind(options);
}

}  // namespace

void add_eval(Tool& tool) {
  auto& verb = tool.verb("eval", "run models on labelled images, measure them and store the result");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::threads});
  auto& o = verb.keep<EvalFlags>();
  verb.describe(R"(
      A model is an id, a name or an alias (champion) of the project, a bundle folder, or a weight file.
      The same model, snapshot, split and settings are not run twice.

      Latency: one image at a time, warm, without decoding; several models of one call take turns image
      by image, so that their latencies compare fairly (name --threads for the same number of threads
      for all).)")
      .example("ds-compare eval champion challenger --split test")
      .example(
          "ds-compare eval nano.safetensors --arch yolox-nano --classes coco_classes.txt --data coco128/")
      .arguments("model", o.models, "models to evaluate");
  bind(verb.options(), o);
  verb.run([&o](Context& context) {
    return o.data.empty() ? eval_project(context, o) : eval_dataset(context, o);
  });
}

}  // namespace ds::compare_tool

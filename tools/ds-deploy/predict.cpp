#include "ds/deploy/predict.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/detect/model_card.h"
#include "ds/project/find_model.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct PredictFlags {
  std::string model;
  std::vector<std::string> sources;
  std::filesystem::path output;
  std::string format = "json";
  std::optional<double> score;
  std::optional<double> nms_iou;
  std::optional<double> fps;
  std::optional<double> frames_per_minute;
  std::optional<int> every;
  int batch = 8;
  int input_size = 0;
  std::string engine;
  std::string device = "cpu";
  std::string arch;
  std::filesystem::path classes;
};

PredictOptions predict_options(const PredictFlags& flags) {
  PredictOptions options;
  options.format = flags.format;
  options.batch = flags.batch;
  options.frames.frames_per_second = flags.fps;
  options.frames.frames_per_minute = flags.frames_per_minute;
  if (flags.every) options.frames.every = *flags.every;
  return options;
}

DetectorOptions detector_options(const PredictFlags& flags, int threads) {
  DetectorOptions options;
  options.engine = flags.engine;
  options.device = flags.device;
  options.architecture = flags.arch;
  if (!flags.classes.empty()) options.classes = read_class_names(flags.classes);
  options.score_threshold = flags.score;
  options.nms_iou = flags.nms_iou;
  options.input_width = options.input_height = flags.input_size;
  options.threads = threads;
  return options;
}

/// Looks at model and sources, runs and writes nothing.
int plan_predict(Context& context, const PredictFlags& flags, const FoundModel& model) {
  resolve_model(std::filesystem::absolute(model.path), detector_options(flags, context.shared.threads));
  auto pictures = count_pictures({flags.sources.begin(), flags.sources.end()});
  return tool::would(
      context,
      fmt::format("look at {} with {} and write {} ({})",
                  pictures > 0 ? counted(pictures, "picture")
                               : "what is in " + counted(flags.sources.size(), "source"),
                  model.id, flags.output.string(), flags.format),
      {{"model", model.id},
       {"pictures", pictures > 0 ? nlohmann::ordered_json(pictures) : nlohmann::ordered_json(nullptr)},
       {"output", flags.output.string()}});
}

int run_predict(Context& context, const PredictFlags& flags) {
  auto options = predict_options(flags);
  predict_formats().at(options.format);
  if (flags.output.empty())
    throw UsageError("no output given", "name a file (or for overlay a folder) with -o OUT");
  for (const auto& source : flags.sources)
    if (!std::filesystem::exists(source)) throw UsageError(fmt::format("{}: no such file or folder", source));
  auto project = tool::open_project_if_any(context);
  auto model = find_model(project.get(), flags.model);
  if (context.shared.dry_run) return plan_predict(context, flags, model);
  auto detector =
      load_detector(std::filesystem::absolute(model.path), detector_options(flags, context.shared.threads));
  auto report = predict(detector, {flags.sources.begin(), flags.sources.end()}, flags.output, options,
                        context.progress);
  std::vector<std::string> skipped;
  for (const auto& [file, reason] : report.failed) skipped.push_back("skipped: " + reason);
  log::warnings(skipped);
  if (context.shared.json) {
    nlohmann::ordered_json json{{"pictures", report.pictures},
                                {"detections", report.detections},
                                {"resumed", report.resumed},
                                {"failed", nlohmann::ordered_json::array()},
                                {"output", flags.output.string()}};
    for (const auto& [file, reason] : report.failed)
      json["failed"].push_back({{"file", file}, {"reason", reason}});
    context.out.json(json);
  } else {
    context.out.line(fmt::format("{}, {} -> {}", counted(report.pictures, "picture"),
                                 counted(report.detections, "object"), flags.output.string()));
    if (report.resumed > 0)
      context.out.line(fmt::format("of these, {} were found by an interrupted run", report.resumed));
    if (!report.failed.empty())
      context.out.line(fmt::format("skipped: {} that cannot be read (reasons above)", report.failed.size()));
  }
  return report.failed.empty() ? 0 : 3;
}

}  // namespace

void add_predict(Tool& tool) {
  auto& verb = tool.verb("predict", "find objects on images, in folders, archives and videos");
  verb.honours({Shared::project, Shared::json, Shared::threads, Shared::dry_run});
  auto& flags = verb.keep<PredictFlags>();
  verb.describe(R"(
      MODEL is a model of the project (id, name or alias), a bundle folder or a weight file.

      The output appears when everything is done; interrupted, the same command goes on where it
      stopped. Files that cannot be read are skipped with their reason, and the exit code is 3.

      A picture whose name another source has given already is named with its own source in front:
      cam2/1.jpg.)")
      .example("ds-deploy predict champion photos/ -o found.json")
      .example("ds-deploy predict models/m-1 clip.mp4 --fps 2 --format overlay -o drawn")
      .argument("model", flags.model, "model to run")
      .arguments("src", flags.sources, "images, folders, archives, videos")
      .run([&flags](Context& context) { return run_predict(context, flags); });
  verb.options()
      .group("Output")
      .add("output", flags.output, "file to write; for overlay a folder (also -o)", "OUT")
      .choice("format", flags.format, predict_formats().names(), "how it is written")
      .group("Frames of videos (default: every frame)")
      .add("fps", flags.fps, "so many frames a second")
      .within(1e-6, 1000)
      .add("frames-per-minute", flags.frames_per_minute, "so many frames a minute")
      .within(1e-6, 60000)
      .add("every", flags.every, "every N-th frame")
      .at_least(1)
      .group("Detection")
      .add("score", flags.score, "report objects above this score; default: the model's")
      .within(0, 1)
      .add("nms-iou", flags.nms_iou,
           "boxes of one class that overlap more are one object; default: the model's")
      .within(0, 1)
      .add("input-size", flags.input_size, "side of the network's input in pixels; 0: the model's")
      .within(0, 8192)
      .add("batch", flags.batch, "pictures at once")
      .within(1, 4096)
      .add("engine", flags.engine, "what runs the network; default: chosen by the weight file", "NAME")
      .add("device", flags.device, "cpu, or what the engine knows", "NAME")
      .add("arch", flags.arch, "architecture of a bare weight file", "NAME")
      .add("classes", flags.classes, "class names of a bare weight file, one a line");
}

}  // namespace ds::deploy_tool

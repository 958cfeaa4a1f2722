#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/detect/detector.h"
#include "ds/labeling/auto_label.h"
#include "ds/labeling/queue.h"
#include "ds/project/find_model.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

struct AutoFlags {
  std::string model;
  int amount = 0;
  std::optional<double> min_score;
  std::string arch;
  std::vector<std::string> model_classes;
  std::string engine;
  AutoLabelOptions label;
};

struct ChosenModel {
  std::string id;
  std::filesystem::path path;
};

/// A model of the project by id, name or alias, or a file or folder of its own.
ChosenModel choose_model(Project& project, const std::string& text) {
  if (text.empty())
    throw UsageError("which model proposes is missing", "name one with --model: champion, or a model file");
  const std::filesystem::path path = text;
  // One that is not there is refused with its own words when it is loaded.
  if (!path.has_parent_path())
    if (auto found = find_model(&project, text); found.record) return {found.id, found.path};
  return {(path.has_filename() ? path.filename() : path.parent_path().filename()).string(), path};
}

DetectorOptions detector_options(const AutoFlags& flags, const Context& context) {
  DetectorOptions options;
  options.engine = flags.engine;
  options.score_threshold = flags.min_score;
  options.threads = context.shared.effective_threads();
  options.architecture = flags.arch;
  options.classes = flags.model_classes;
  return options;
}

void print(const AutoLabelReport& report, Context& context) {
  if (context.shared.json) {
    for (const auto& each : report.images)
      context.out.json_line({{"image", each.name},
                             {"proposals", each.proposals},
                             {"labels", each.labels},
                             {"priority", each.priority},
                             {"changed", each.changed}});
    return;
  }
  std::size_t changed = 0;
  for (const auto& each : report.images) changed += each.changed ? 1 : 0;
  context.out.line(fmt::format("{} on {}; {} now wait for review", counted(report.proposals, "proposal"),
                               counted(report.images.size(), "image"), changed));
  if (report.skipped > 0)
    context.out.line(
        fmt::format("left alone: {} that are done or rejected", counted(report.skipped, "image")));
}

void warn(const AutoLabelReport& report) {
  if (!report.unmapped_classes.empty()) {
    auto shown = report.unmapped_classes;
    auto more = shown.size() > 5 ? shown.size() - 5 : 0;
    shown.resize(shown.size() - more);
    log::info(fmt::format("not classes of the project, so left out: {}{}", join(shown, ", "),
                          more > 0 ? fmt::format(" and {} more", more) : ""));
  }
  log::warnings(report.unreadable);
}

int run_auto(AutoFlags& o, Context& context) {
  auto project = tool::open_project(context);
  auto chosen = choose_model(project, o.model);
  queue_orders().at(o.label.order);
  auto detector = load_detector(chosen.path, detector_options(o, context));
  ProposalModel model{chosen.id, detector.card().classes,
                      [&](const cv::Mat& image) { return detector.detect(image); }};
  o.label.amount = static_cast<std::size_t>(std::max(o.amount, 0));
  o.label.min_score = o.min_score.value_or(detector.score_threshold());
  o.label.seed = context.shared.seed;
  o.label.dry_run = context.shared.dry_run;
  auto report = auto_label(project, model, o.label, context.progress);
  warn(report);
  print(report, context);
  tool::note_dry_run(context);
  return report.unreadable.empty() ? 0 : 3;
}

}  // namespace

void add_auto(Tool& tool) {
  auto& verb =
      tool.verb("auto", "let a model propose labels; people review them before anything trains on them");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<AutoFlags>();
  verb.describe(R"(
      Labels by people are never touched, and an object that has one gets no proposal of the same class.
      Images become `review`; those that are done or rejected are left alone. Earlier proposals are
      replaced.)");
  bind_selection(verb, o.label.selection, "default: images that are unlabelled or queued");
  verb.options()
      .add("model", o.model, "model of the project by id, name or alias, or a model folder or file", "MODEL")
      .add("amount", o.amount, "at most so many images; 0: all")
      .at_least(0)
      .choice("order", o.label.order, queue_orders().names(), "which images first, when there is an amount")
      .add("min-score", o.min_score, "least score of a proposal; default: the model's own threshold")
      .within(0, 1)
      .add("duplicate-iou", o.label.duplicate_iou,
           "overlap with a label from which an object counts as labelled")
      .within(0, 1)
      .add("map", o.label.renames, "which class of the model is which of the project", "MODEL-CLASS=CLASS")
      .add("engine", o.engine, "what runs the network; default: by the model's file")
      .add("arch", o.arch, "architecture, for weight files that do not say")
      .add("model-classes", o.model_classes, "class names of a weight file that does not say", "A,B");
  verb.example("ds-label auto --model champion --amount 200 --order uncertainty")
      .example("ds-label auto --model yolox_nano_coco.safetensors --map person=pedestrian");
  verb.run([&o](Context& context) { return run_auto(o, context); });
}

}  // namespace ds::label_tool

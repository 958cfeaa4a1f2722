#include "ds/importing/add_sources.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "options.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct AddFlags {
  std::vector<std::string> sources;
  AddOptions add;
  std::optional<int> every;
  std::string from;
  std::string to;
  std::string shard;
};

nlohmann::ordered_json to_json(const AddReport& report) {
  nlohmann::ordered_json json = {{"images_added", report.images_added},
                                 {"already_there", report.already_there},
                                 {"labels_attached", report.labels_attached},
                                 {"annotations_added", report.annotations_added},
                                 {"negatives_added", report.negatives_added},
                                 {"unlabelled_added", report.unlabelled_added},
                                 {"objects_without_image", report.without_image},
                                 {"incomplete", report.incomplete},
                                 {"left_to_other_shards", report.left_to_others},
                                 {"classes_added", report.classes_added},
                                 {"by_split", report.by_split},
                                 {"notes", report.notes},
                                 {"skipped", nlohmann::ordered_json::array()},
                                 {"issues", nlohmann::ordered_json::array()}};
  for (const auto& skipped : report.skipped)
    json["skipped"].push_back({{"file", skipped.file}, {"reason", skipped.reason}});
  for (const auto& issue : report.issues) json["issues"].push_back(issue_json(issue));
  return json;
}

void print(Context& context, const AddReport& report) {
  auto verb = tool::did(context, "added", "would add");
  context.out.line(fmt::format("{} {}, {} ({} there already)", verb, counted(report.images_added, "image"),
                               counted(report.annotations_added, "object"), report.already_there));
  if (report.left_to_others > 0)
    context.out.line(fmt::format("left to the other shards: {}", counted(report.left_to_others, "image")));
  if (report.labels_attached > 0)
    context.out.line(fmt::format("labels for {} that had none", counted(report.labels_attached, "image")));
  if (report.negatives_added > 0)
    context.out.line(
        fmt::format("of these, {} without objects (negatives)", counted(report.negatives_added, "image")));
  if (report.unlabelled_added > 0 && report.labels_seen)
    context.out.line(fmt::format("without labels: {}", counted(report.unlabelled_added, "image")));
  if (report.without_image > 0)
    context.out.line(
        fmt::format("left out, their image is not there: {}", counted(report.without_image, "object")));
  if (!report.classes_added.empty())
    context.out.line(
        fmt::format("new classes ({}): {}", report.classes_added.size(), join(report.classes_added, ", ")));
  if (!report.by_split.empty()) {
    std::vector<std::string> parts;
    for (auto* split : {"train", "val", "test", "none"})
      if (auto found = report.by_split.find(split); found != report.by_split.end())
        parts.push_back(fmt::format("{} {}", split, found->second));
    context.out.line("splits: " + join(parts, ", "));
  }
  if (!report.skipped.empty())
    context.out.line(fmt::format("skipped: {} (reasons above)", counted(report.skipped.size(), "file")));
  auto doubtful = count_of(report.issues, Severity::warning) + count_of(report.issues, Severity::error);
  if (doubtful > 0) context.out.line(fmt::format("labels worth a look: {} (above)", doubtful));
}

int run(Context& context, AddFlags& o) {
  if (o.every) o.add.frames.every = *o.every;
  if (!o.from.empty()) o.add.frames.from_s = parse_video_time(o.from, "--from");
  if (!o.to.empty()) o.add.frames.to_s = parse_video_time(o.to, "--to");
  o.add.dry_run = context.shared.dry_run;
  o.add.threads = context.shared.effective_threads();
  if (!o.shard.empty()) {
    o.add.shard = Shard::parse(o.shard);
    // The other shards commit too, each for a moment.
    constexpr double kUsualWaitS = 600;
    if (context.shared.lock_wait_s == 0) context.shared.lock_wait_s = kUsualWaitS;
  }
  auto project = tool::open_project(context);
  std::vector<std::filesystem::path> sources(o.sources.begin(), o.sources.end());
  auto report = add_sources(project, sources, o.add, context.progress);
  if (context.shared.json) {
    context.out.json(to_json(report));
    return 0;
  }
  constexpr std::size_t kShown = 20;
  std::size_t limit = context.shared.verbose ? 0 : kShown;
  for (const auto& note : report.notes) log::info(note);
  log_issues(report.issues, limit, true);
  for (std::size_t i = 0; i < report.skipped.size() && (limit == 0 || i < limit); ++i)
    log::warning("skipped " + report.skipped[i].reason);
  if (limit != 0 && report.skipped.size() > limit)
    log::warning(
        fmt::format("and {} more skipped (all with --verbose or --json)", report.skipped.size() - limit));
  warn_of_incomplete(report.incomplete, "now in review", limit);
  print(context, report);
  return 0;
}

}  // namespace

void add_add(Tool& tool) {
  auto& verb = tool.verb("add", "add images, folders, archives, videos, datasets");
  verb.honours({Shared::project, Shared::json, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<AddFlags>();
  verb.describe(R"(
      Sources may be image files, folders, zip and tar archives, videos, and labelled datasets, whose
      format is recognised by its content (`ds-import formats` lists them).

      Everything is read and checked before anything is stored, and appears in the project at once: a
      crash leaves it as before or as after. Adding a source again adds nothing. Every file that is
      skipped is named with its reason.)");
  verb.example("ds-import add photos/ more.zip gate.mp4 --frames-per-minute 30");
  verb.example("ds-import add bccd/ --format voc --voc-coords asis");
  verb.arguments("src", o.sources, "files and folders to add");
  verb.options()
      .choice("format", o.add.format, formats_to_read(), "format of the labels")
      .choice("labels", o.add.labels, {"auto", "require", "ignore"},
              "read labels when there are any, insist on them, or take only pictures")
      .choice("split", o.add.split, {"auto", "train", "val", "test", "none"},
              "auto: the dataset's own splits, else by the project's shares")
      .choice("status", o.add.status, {"auto", "unlabelled", "review", "done"},
              "state of the new images; auto: done when labelled")
      .choice("classes", o.add.classes, {"auto", "add", "refuse"},
              "names the project lacks; auto: add them only while it has none")
      .choice("link", o.add.link, {"copy", "hardlink", "reference"},
              "store the bytes, link to them, or only note where they are")
      .add("keep-going", o.add.keep_going, "leave out label rows that cannot be read instead of stopping")
      .add("recursive", o.add.recursive, "unpack archives inside archives and folders too, four levels deep")
      .add("shard", o.shard,
           "take only this part of the images, 0/8 to 7/8 of eight; auto: as an array job says", "I/N")
      .group("Frames of videos (default: all)")
      .add("frames-per-minute", o.add.frames.frames_per_minute, "so many frames of each minute")
      .add("fps", o.add.frames.frames_per_second, "so many frames of each second")
      .add("every", o.every, "every n-th frame")
      .add("from", o.from, "start of the range: 90, 90s, 2m, 1:30 (frames count from here)")
      .add("to", o.to, "end of the range, itself left out")
      .add(
          "drop-similar", o.add.frames.drop_similar,
          "leave out frames whose perceptual hash differs in at most so many of 64 bits from the last one taken");
  bind_reading(verb.options(), o.add.reading);
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool

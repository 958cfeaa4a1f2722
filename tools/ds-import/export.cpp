#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/log.h"
#include "ds/importing/export_project.h"
#include "printing.h"
#include "verbs.h"

namespace ds::importer {

namespace {

struct ExportFlags {
  std::string target;
  ExportOptions options;
};

int run(Context& context, const ExportFlags& o) {
  auto project = open_project(context);
  auto report = export_project(project, o.target, o.options);
  const auto& written = report.written;
  if (context.shared.json) {
    nlohmann::ordered_json losses = nlohmann::ordered_json::object();
    for (const auto& [kind, loss] : written.losses.kinds)
      losses[kind] = {{"count", loss.count}, {"what", loss.what}};
    context.out.json({{"target", o.target},
                      {"format", o.options.format},
                      {"images", report.images},
                      {"objects", report.annotations},
                      {"label_files", written.label_files},
                      {"image_files", written.image_files},
                      {"losses", losses},
                      {"notes", written.notes},
                      {"proof", report.proof ? to_json(*report.proof) : nullptr}});
    return 0;
  }
  for (const auto& note : written.notes) log::info(note);
  if (!written.losses.empty()) log::warning("lost, as allowed: " + written.losses.to_string());
  context.out.line(fmt::format("wrote {}, {} to {} as {} ({}, {})", counted(report.images, "image"),
                               counted(report.annotations, "object"), o.target, o.options.format,
                               counted(written.label_files, "label file"),
                               counted(written.image_files, "image file")));
  if (report.proof) print(context, *report.proof);
  return 0;
}

}  // namespace

void add_export(Tool& tool) {
  auto& verb = tool.verb("export", "write images and labels in another format");
  auto& o = verb.keep<ExportFlags>();
  o.options.format = "coco";
  verb.describe(
      "Writes a dataset folder (for coco also a single file, when the target ends in .json): whole or not at "
      "all,\n"
      "and byte for byte the same every time. What the format cannot hold is counted and refused (exit 3) "
      "unless\n"
      "its kind is allowed. A folder that an export made before is replaced; nothing else is overwritten.");
  verb.example("ds-import export out --format yolo --with-images --where 'status=done and split!=test'");
  verb.example("ds-import export truth.json --format coco --snapshot latest");
  verb.argument("dst", o.target, "folder to make");
  verb.options()
      .choice("format", o.options.format, annotation_formats().names(), "format to write")
      .add("where", o.options.where, "filter, as in 'status=done and class=car'", "FILTER")
      .add("snapshot", o.options.snapshot,
           "a frozen version instead of the project as it is: id, name, or latest", "S")
      .add("with-images", o.options.writing.with_images, "copy the images too")
      .add("allow-loss", o.options.writing.allow_loss, "kinds of loss to accept, or all", "KINDS")
      .add("prove", o.options.prove, "read the result back and compare every object")
      .add("coco-first-id", o.options.writing.coco_first_id, "id of the first COCO category")
      .choice("voc-coords", o.options.writing.voc_coords, {"asis", "devkit"},
              "how Pascal VOC numbers are written")
      .choice("cvat-kind", o.options.writing.cvat_kind, {"auto", "images", "video"},
              "CVAT: images, or a video's tracks; auto: tracks when nothing is lost by it")
      .choice("yolo-task", o.options.writing.yolo_task, {"auto", "detect", "segment"},
              "box or outline rows; auto: outlines when all are");
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::importer

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/importing/export_project.h"
#include "options.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct ExportFlags {
  std::string target;
  ExportOptions options;
};

int run(Context& context, const ExportFlags& o) {
  auto project = tool::open_project(context);
  auto report = export_project(project, o.target, o.options);
  const auto& written = report.written;
  if (context.shared.json) {
    context.out.json({{"target", o.target},
                      {"format", o.options.format},
                      {"images", report.images},
                      {"objects", report.annotations},
                      {"label_files", written.label_files},
                      {"image_files", written.image_files},
                      {"losses", losses_json(written.losses)},
                      {"notes", written.notes},
                      {"proof", report.proof ? proof_json(*report.proof) : nullptr}});
    return 0;
  }
  for (const auto& note : written.notes) log::info(note);
  if (!written.losses.empty()) log::warning("lost, as allowed: " + written.losses.to_string());
  context.out.line(fmt::format("wrote {}, {} to {} as {} ({}, {})", counted(report.images, "image"),
                               counted(report.annotations, "object"), o.target, o.options.format,
                               counted(written.label_files, "label file"),
                               counted(written.image_files, "image file")));
  if (report.proof) print_proof(context, *report.proof);
  return 0;
}

}  // namespace

void add_export(Tool& tool) {
  auto& verb = tool.verb("export", "write images and labels in another format");
  verb.honours({Shared::project, Shared::json});
  auto& o = verb.keep<ExportFlags>();
  o.options.format = "coco";
  verb.describe(R"(
      Writes a dataset folder (for coco also a single file, when the target ends in .json): whole or not
      at all, and byte for byte the same every time. What the format cannot hold is counted and refused
      (exit 3) unless its kind is allowed. A folder that an export made before is replaced; nothing else
      is overwritten.)");
  verb.example("ds-import export out --format yolo --with-images --where 'status=done and split!=test'");
  verb.example("ds-import export truth.json --format coco --snapshot latest");
  verb.argument("dst", o.target, "folder to make");
  verb.options()
      .choice("format", o.options.format, formats_to_write(), "format to write")
      .add("where", o.options.where, "filter, as in 'status=done and class=car'", "FILTER")
      .add("snapshot", o.options.snapshot,
           "a frozen version instead of the project as it is: id, name, or latest", "S")
      .add("prove", o.options.prove, "read the result back and compare every object");
  bind_writing(verb.options(), o.options.writing);
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool

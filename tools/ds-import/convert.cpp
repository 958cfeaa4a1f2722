#include "ds/importing/convert_dataset.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/text.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "options.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct ConvertFlags {
  std::string source;
  std::string target;
  std::string issues;
  std::string link = "copy";
  ConvertOptions options;
};

void hand_out(Context& context, const ConvertFlags& o, const std::vector<Issue>& issues) {
  if (!o.issues.empty()) write_issues(context, o.issues, issues);
  constexpr std::size_t kShown = 10;
  log_issues(issues, context.shared.verbose ? 0 : kShown, o.options.keep_going);
}

nlohmann::ordered_json to_json(const ConvertFlags& o, const ConvertReport& report) {
  nlohmann::ordered_json json = {{"source", o.source}, {"from", report.from}, {"target", o.target}};
  json["to"] = report.to;
  json["images"] = report.images;
  json["objects"] = report.objects;
  json["incomplete"] = report.incomplete;
  json["dropped"] = report.dropped;
  json["clipped"] = report.clipped;
  json["clipped_away"] = report.clipped_away;
  json["label_files"] = report.written.label_files;
  json["image_files"] = report.written.image_files;
  json["losses"] = losses_json(report.written.losses);
  json["notes"] = report.notes;
  for (const auto& note : report.written.notes) json["notes"].push_back(note);
  json["proof"] = report.proof ? proof_json(*report.proof) : nullptr;
  return json;
}

int run(Context& context, ConvertFlags& o) {
  o.options.dry_run = context.shared.dry_run;
  o.options.writing.hardlink = o.link == "hardlink";
  o.options.on_issues = [&](const std::vector<Issue>& issues) { hand_out(context, o, issues); };
  auto report = convert_dataset(o.source, o.target, o.options, context.progress);
  if (context.shared.json) {
    // Behind issues on the same stream, one line an object.
    if (o.issues == "-")
      context.out.json_line(to_json(o, report));
    else
      context.out.json(to_json(o, report));
    return 0;
  }
  for (const auto& note : report.notes) log::info(note);
  for (const auto& note : report.written.notes) log::info(note);
  warn_of_incomplete(report.incomplete, "never written as negatives", context.shared.verbose ? 0 : 20);
  if (!report.written.losses.empty())
    log::warning(fmt::format("{}: {}", tool::did(context, "lost, as allowed", "would be lost"),
                             report.written.losses.to_string()));
  if (report.dropped > 0) context.out.line(fmt::format("dropped {}", counted(report.dropped, "object")));
  if (report.clipped + report.clipped_away > 0)
    context.out.line(fmt::format("cut {} at the edge, left out {} outside", counted(report.clipped, "object"),
                                 counted(report.clipped_away, "object")));
  context.out.line(fmt::format(
      "{} {}, {} from {} to {} as {} ({}, {})", tool::did(context, "wrote", "would write"),
      counted(report.images, "image"), counted(report.objects, "object"), report.from, o.target, report.to,
      counted(report.written.label_files, "label file"), counted(report.written.image_files, "image file")));
  if (report.proof) print_proof(context, *report.proof);
  return 0;
}

}  // namespace

void add_convert(Tool& tool) {
  auto& verb = tool.verb("convert", "turn a dataset into another format, without a project");
  verb.honours({Shared::json, Shared::dry_run});
  auto& o = verb.keep<ConvertFlags>();
  verb.describe(R"(
      Reads a dataset (a folder, a label file or an archive) and writes it in another format: whole or
      not at all, and byte for byte the same every time.

      Labels that cannot be read are listed with their place and stop it (exit 3) unless --keep-going
      leaves them out.

      What the target cannot hold is counted and refused (exit 3) unless its kind is allowed. --prove
      reads the result back and compares every object.)");
  verb.example("ds-import convert cvat.zip out --to yolo --with-images --prove");
  verb.example(
      "ds-import convert voc/ truth.json --to coco --drop-class ignore --rename-class motorbike=bike");
  verb.argument("src", o.source, "dataset to read");
  verb.argument("dst", o.target, "folder to make (for coco also a file that ends in .json)");
  verb.options()
      .choice("from", o.options.from, formats_to_read(), "format of SRC; auto: recognised by its content")
      .choice("to", o.options.to, formats_to_write(), "format to write; default: coco when DST ends in .json")
      .add("keep-going", o.options.keep_going, "leave out what cannot be read instead of stopping")
      .add("issues", o.issues, "write everything found while reading as JSON Lines; - is stdout", "FILE")
      .add("drop-class", o.options.drop_classes, "leave out objects of these classes", "NAMES")
      .add("rename-class", o.options.rename_classes, "give classes other names, or the same one", "OLD=NEW")
      .add("clip", o.options.clip, "cut shapes at the image's edge and leave out what is outside, counted");
  bind_reading(verb.options(), o.options.reading);
  verb.options()
      .group("How it is written")
      .choice("link", o.link, {"copy", "hardlink"}, "how images get there with --with-images")
      .add("prove", o.options.prove, "read the result back and compare every object");
  bind_writing(verb.options(), o.options.writing, "to-");
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool

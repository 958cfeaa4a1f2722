#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/importing/project_check.h"
#include "printing.h"
#include "verbs.h"

namespace ds::importer {

namespace {

struct CheckFlags {
  std::string source;
  std::string format = "auto";
  std::string fail_on = "error";
  std::string overlay_folder;
  int overlay = 0;
  CheckOptions options;
  ReadOptions reading;
};

std::vector<Issue> find_issues(Context& context, const CheckFlags& o) {
  if (!o.source.empty()) {
    auto result = read_dataset(o.source, o.format, o.reading);
    for (const auto& note : result.notes) log::info(note);
    return result.issues;
  }
  auto project = open_project(context);
  auto issues = check_project(project, o.options, context.progress);
  if (o.overlay > 0) {
    auto folder = o.overlay_folder.empty() ? "overlays" : o.overlay_folder;
    auto drawn = write_overlays(project, o.options.where, static_cast<std::size_t>(o.overlay), folder);
    log::info(fmt::format("drew {} to {}", counted(drawn, "image"), folder));
  }
  return issues;
}

int run(Context& context, const CheckFlags& o) {
  auto issues = find_issues(context, o);
  for (const auto& issue : issues) {
    if (context.shared.json)
      context.out.json_line(to_json(issue));
    else
      context.out.line(issue.to_string());
  }
  auto errors = count_of(issues, Severity::error);
  auto warnings = count_of(issues, Severity::warning);
  if (!context.shared.json)
    context.out.line(fmt::format("{}, {}, {}", counted(errors, "error"), counted(warnings, "warning"),
                                 counted(count_of(issues, Severity::note), "note")));
  bool failed = errors > 0 || (o.fail_on == "warning" && warnings > 0);
  return failed ? 3 : 0;
}

}  // namespace

void add_check(Tool& tool) {
  auto& verb = tool.verb("check", "find what is wrong with images and labels");
  auto& o = verb.keep<CheckFlags>();
  verb.describe(
      "Looks at every image and object of the project (or, with SRC, of a dataset in a known format) and "
      "names\n"
      "what is wrong with its place: boxes outside or without area, twins, the same file in two splits, "
      "stored\n"
      "files that changed. Exit 3 when there is an error. With --json one JSON object a line.");
  verb.example("ds-import check --decode --overlay 20");
  verb.example("ds-import check bccd/ --json");
  verb.argument("src", o.source, "dataset to check instead of the project", false);
  auto formats = annotation_formats().names();
  formats.insert(formats.begin(), "auto");
  verb.options()
      .add("where", o.options.where, "only these images", "FILTER")
      .add("decode", o.options.decode, "also decode every image")
      .add("files", o.options.files, "also compare every stored file with its hash")
      .choice("fail-on", o.fail_on, {"error", "warning"}, "what makes the exit code 3")
      .add("overlay", o.overlay, "draw the labels of so many images")
      .add("overlay-folder", o.overlay_folder, "where to draw them; default: overlays", "DIR")
      .choice("format", o.format, formats, "format of SRC");
  bind_reading(verb.options(), o.reading);
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::importer

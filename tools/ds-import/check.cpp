#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/importing/broken_pictures.h"
#include "ds/importing/contact_sheet.h"
#include "ds/importing/project_check.h"
#include "ds/importing/source_dataset.h"
#include "options.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct CheckFlags {
  std::string source;
  std::string format = "auto";
  std::string fail_on = "error";
  std::vector<std::string> overlay;  // how many images, and where to
  bool overlay_each = false;
  std::string issues;
  CheckOptions options;
  ReadOptions reading;
};

/// How many images to draw, and where to.
std::pair<std::size_t, std::filesystem::path> overlay_target(const CheckFlags& o) {
  if (o.overlay.size() != 2) throw UsageError("--overlay takes a number and a folder: --overlay 24 overlays");
  const auto count = parse_int(o.overlay[0]);
  if (!count || *count < 1)
    throw UsageError(fmt::format("--overlay: '{}' is not a number of images", o.overlay[0]));
  return {static_cast<std::size_t>(*count), o.overlay[1]};
}

void draw(Context& context, const CheckFlags& o, const Dataset& dataset, const ImageFile& bytes,
          const std::vector<Issue>& issues, const std::string& title) {
  if (o.overlay.empty()) return;
  const auto [count, folder] = overlay_target(o);
  if (context.shared.dry_run) {
    log::info(fmt::format("would draw {} in {}", counted(std::min(count, dataset.images.size()), "image"),
                          folder.string()));
    return;
  }
  const SheetOptions options{.count = count, .seed = context.shared.seed, .title = title};
  const auto write = o.overlay_each ? write_overlays : write_contact_sheets;
  const auto report = write(dataset, bytes, issues, folder, options, context.progress);
  log::info(fmt::format("drew {} ({} with issues) in {} in {}", counted(report.images, "image"),
                        report.with_issues, counted(report.files.size(), "file"), folder.string()));
}

std::vector<Issue> check_source(Context& context, const CheckFlags& o) {
  if (!o.options.where.empty())
    throw UsageError(
        fmt::format("--where chooses from a project, but '{}' is a dataset outside of one", o.source));
  auto source = read_source_dataset(o.source, o.format, o.reading);
  auto& read = source.read;
  for (const auto& note : read.notes) log::info(note);
  draw(
      context, o, read.dataset, [&](std::size_t i) { return image_bytes(read, i); }, read.issues, o.source);
  if (o.options.decode)
    for (const auto& [index, issue] :
         broken_pictures(read, {.decode = true, .threads = o.reading.threads}, context.progress))
      read.issues.push_back(issue);
  if (source.scratch)
    name_members(read, source.scratch->path(), std::filesystem::path(o.source).filename().string() + "!");
  return std::move(read.issues);
}

std::vector<Issue> find_issues(Context& context, const CheckFlags& o) {
  if (!o.overlay.empty()) overlay_target(o);
  if (!o.source.empty()) return check_source(context, o);
  auto project = tool::open_project(context);
  auto issues = check_project(project, o.options, context.progress);
  if (o.overlay.empty()) return issues;
  Dataset dataset;
  dataset.classes = project.classes().list();
  dataset.images = project.images().list(o.options.where.empty() ? Filter() : Filter::parse(o.options.where),
                                         WithAnnotations::yes);
  draw(
      context, o, dataset,
      [&](std::size_t i) { return read_file(project.media().path_of(dataset.images[i].sha256)); }, issues,
      project.settings().name);
  return issues;
}

void print_issues(Context& context, const std::vector<Issue>& issues) {
  constexpr std::size_t kShown = 10;
  std::map<std::string, std::size_t> found;
  for (const auto& issue : issues) {
    auto count = ++found[issue.code];
    if (context.shared.json)
      context.out.json_line(issue_json(issue));
    else if (count <= kShown || context.shared.verbose)
      context.out.line(issue.to_string());
  }
  if (context.shared.json || context.shared.verbose) return;
  for (const auto& [code, count] : found)
    if (count > kShown)
      context.out.line(
          fmt::format("and {} more {} (all with --verbose, --json or --issues FILE)", count - kShown, code));
}

int run(Context& context, const CheckFlags& o) {
  auto issues = find_issues(context, o);
  if (!o.issues.empty()) write_issues(context, o.issues, issues);
  print_issues(context, issues);
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
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::dry_run});
  auto& o = verb.keep<CheckFlags>();
  verb.describe(R"(
      Looks at every image and object of the project (or, with SRC, of a dataset in a known format) and
      names what is wrong with its place: boxes outside or without area, twins, the same file in two
      splits, stored files that changed. Of each kind the first ten are shown; all of them with --verbose,
      --issues or --json (one JSON object a line). Exit 3 when there is an error.

      --overlay writes sheet_01.jpg and so on: thumbnails with their labels, states and the codes of
      issues.)");
  verb.example("ds-import check --decode --overlay 24 sheets");
  verb.example("ds-import check bccd.zip --overlay 24 sheets --json");
  verb.argument("src", o.source, "dataset or archive of one to check instead of the project", false);
  verb.options()
      .add("where", o.options.where, kWhereHelp, "FILTER")
      .add("decode", o.options.decode, "also decode every image")
      .add("files", o.options.files, "also compare every stored file with its hash")
      .choice("fail-on", o.fail_on, {"error", "warning"}, "what makes the exit code 3")
      .add(
          "overlay", o.overlay,
          "draw so many images with their labels on contact sheets in this folder: those with issues first, then evenly, or at random with --seed",
          "N DIR")
      .add("overlay-each", o.overlay_each, "as --overlay, but every image in full size in its own file")
      .add("issues", o.issues, "also write everything found to a file, one JSON object a line", "FILE")
      .choice("format", o.format, formats_to_read(), "format of SRC");
  // A list would be cut at commas, and the folder may have one in its name.
  verb.options().at("overlay").assign = [&o](const auto& values) { o.overlay = values; };
  bind_reading(verb.options(), o.reading);
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool

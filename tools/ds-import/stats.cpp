#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/importing/source_dataset.h"
#include "ds/report/dataset_report.h"
#include "options.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct StatsFlags {
  std::string source;
  std::string format = "auto";
  std::string where;
  std::string snapshot;
  std::string by = "all";
  std::filesystem::path html;
  std::vector<std::string> input_sizes = {"416", "640"};
  ReadOptions reading;
};

/// What was counted, and what to call it on the page.
struct Counted {
  Dataset dataset;
  std::string title;
  std::string subtitle;
};

Counted load_source(const StatsFlags& o) {
  if (!o.where.empty() || !o.snapshot.empty())
    throw UsageError(fmt::format("--{} chooses from a project, but '{}' is a dataset outside of one",
                                 o.where.empty() ? "snapshot" : "where", o.source),
                     "leave SRC out to count the project's images");
  auto read = read_source_dataset(o.source, o.format, o.reading).read;
  for (const auto& note : read.notes) log::info(note);
  if (const auto errors = count_of(read.issues, Severity::error); errors > 0)
    log::warning(
        fmt::format("{} could not be read: ds-import check {} names them", counted(errors, "row"), o.source));
  auto name = std::filesystem::path(o.source).lexically_normal();
  return {std::move(read.dataset), (name.has_filename() ? name : name.parent_path()).filename().string(),
          "read as " + read.format};
}

Counted load(Context& context, const StatsFlags& o) {
  if (!o.source.empty()) return load_source(o);
  auto project = tool::open_project(context);
  Counted result{.title = project.settings().name};
  if (!o.snapshot.empty()) {
    if (!o.where.empty()) throw UsageError("--where and --snapshot exclude each other: a snapshot is whole");
    const auto snapshot = project.snapshots().get(o.snapshot);
    result.dataset = project.snapshots().load(snapshot.id);
    result.subtitle = "snapshot " + (snapshot.name.empty() ? snapshot.id : snapshot.name + " " + snapshot.id);
    return result;
  }
  result.dataset.classes = project.classes().list();
  result.dataset.images =
      project.images().list(o.where.empty() ? Filter() : Filter::parse(o.where), WithAnnotations::yes);
  result.subtitle = o.where.empty() ? "" : "only " + o.where;
  return result;
}

DistributionOptions counting_options(const StatsFlags& o) {
  DistributionOptions options;
  options.input_sizes.clear();
  for (const auto& text : o.input_sizes) {
    const auto size = parse_int(text);
    if (!size || *size < 1 || *size > 100000)
      throw UsageError(fmt::format("--input-sizes: '{}' is not a size in pixels", text));
    options.input_sizes.push_back(static_cast<int>(*size));
  }
  return options;
}

std::string parts_text(const Table& grid) {
  return grid.rows.empty() ? join(grid.notes, "\n") + "\n" : grid.to_text();
}

int run(Context& context, const StatsFlags& o) {
  const auto options = counting_options(o);
  const auto input = load(context, o);
  const auto distribution = distribution_of(input.dataset, options);
  if (!o.html.empty())
    tool::write_beside(context, o.html,
                       dataset_page(distribution, {.title = input.title + ": statistics",
                                                   .subtitle = input.subtitle,
                                                   .footer = "Made by ds-import, " + utc_now()}));
  if (context.shared.json)
    context.out.json(o.by == "all" ? dataset_json(distribution) : parts_json(distribution, o.by));
  else
    context.out.text(o.by == "all" ? dataset_text(distribution)
                                   : parts_text(parts_table(distribution, o.by)));
  return 0;
}

}  // namespace

void add_stats(Tool& tool) {
  auto& verb = tool.verb("stats", "class balance, sizes, aspects and places of objects, splits, images");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<StatsFlags>();
  verb.describe(R"(
      Counts the objects of the project, of a frozen version, or (with SRC) of a dataset in a known
      format, and says what stands out.

      small, medium and large are COCO's: area under 32x32 pixels, under 96x96, and above. side is the
      square root of a box's area in pixels, its median where one number stands for many; share is of
      all objects. '<8 at 416' is the share of objects whose shorter side is under 8 pixels once the
      whole image is scaled into a square input of 416: a detector hardly finds them.

      --html writes the same with charts as one file that needs no network. Proposals of models are not
      counted.)");
  verb.example("ds-import stats --where 'split=train' --by class");
  verb.example("ds-import stats --html stats.html");
  verb.example("ds-import stats bccd/ --format voc --json");
  verb.argument("src", o.source, "dataset or archive of one to count instead of the project", false);
  auto by = dataset_part_kinds();
  by.insert(by.begin(), "all");
  verb.options()
      .choice("by", o.by, by, "one row a class, split or group (video, burst) instead of the overview")
      .add("html", o.html, "also write a page with charts")
      .add("input-sizes", o.input_sizes, "sides of a network's input to look at, pixels", "N,N")
      .add("where", o.where, kWhereHelp, "FILTER")
      .add("snapshot", o.snapshot, "a frozen version instead: id, name, or latest", "S")
      .choice("format", o.format, formats_to_read(), "format of SRC");
  bind_reading(verb.options(), o.reading);
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool

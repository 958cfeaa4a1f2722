#include "ds/curation/dedupe.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "options.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct DedupeFlags {
  SourceFlags source;
  std::string where;
  DedupeOptions options;
  bool apply = false;
  bool group = false;
  RemoveOptions removing;
  std::size_t limit = 20;
};

nlohmann::ordered_json to_json(const DuplicateGroup& group) {
  nlohmann::ordered_json json = {{"kept", group.images.front().image.name}, {"why", group.why}};
  json["images"] = nlohmann::ordered_json::array();
  for (const auto& d : group.images)
    json["images"].push_back({{"name", d.image.name},
                              {"id", d.image.id},
                              {"width", d.image.width},
                              {"height", d.image.height},
                              {"objects", d.objects},
                              {"status", to_string(d.image.state)},
                              {"split", to_string(d.image.split)},
                              {"group", d.image.group},
                              {"distance", d.distance},
                              {"same_pixels", d.same_pixels}});
  return json;
}

void print(Context& context, const DedupeReport& report, const DedupeFlags& o) {
  std::size_t shown = 0;
  for (const auto& group : report.groups) {
    if (o.limit != 0 && ++shown > o.limit) break;
    const auto& best = group.images.front();
    context.out.line(fmt::format("{}  ({})", best.image.name, group.why));
    for (auto d = group.images.begin() + 1; d != group.images.end(); ++d)
      context.out.line(fmt::format(
          "  {}  {}, {}x{}, {}, {}", d->image.name,
          d->same_pixels ? "same pixels" : fmt::format("{} bits differ", d->distance), d->image.width,
          d->image.height, counted(d->objects, "object"), to_string(d->image.split)));
  }
  if (o.limit != 0 && report.groups.size() > o.limit)
    context.out.line(
        fmt::format("and {} (all with --limit 0)", counted(report.groups.size() - o.limit, "more group")));
  context.out.line(fmt::format("{} looked at: {} in {}", counted(report.images, "image"),
                               counted(report.others(), "duplicate"),
                               counted(report.groups.size(), "group")));
}

/// What was done, as a line for people or as the members of a JSON line.
void report_tied(Context& context, const TieReport& done) {
  if (context.shared.json)
    context.out.json_line({{"tied_groups", done.groups},
                           {"images_changed", done.images},
                           {"straddling_groups", done.straddling}});
  else
    context.out.line(fmt::format("tied {} together: {} changed", counted(done.groups, "group"),
                                 counted(done.images, "image")));
  if (done.straddling > 0)
    log::warning(fmt::format(
        "{} in more than one split; `ds-import leaks --fix` moves them, and until then no snapshot takes in both parts",
        done.straddling == 1 ? "1 of these groups is"
                             : fmt::format("{} of these groups are", done.straddling)));
}

void report_removed(Context& context, const DedupeReport& report, const RemoveReport& done) {
  std::size_t from_test = 0;
  for (const auto& group : report.groups)
    for (auto d = group.images.begin() + 1; d != group.images.end(); ++d)
      from_test += d->image.split == Split::test;
  if (from_test > 0)
    log::warning(fmt::format("{} left test: scores on the old test set cannot be compared with new ones",
                             counted(from_test, "removed image")));
  if (context.shared.json) {
    context.out.json_line({{"removed", done.removed},
                           {"objects_merged", done.objects_merged},
                           {"images_merged", done.images_merged},
                           {"objects_lost", done.objects_lost}});
    return;
  }
  context.out.line(fmt::format("removed {}", counted(done.removed, "image")));
  if (done.objects_merged > 0)
    context.out.line(fmt::format("{} moved to {} that were kept", counted(done.objects_merged, "object"),
                                 counted(done.images_merged, "image")));
  if (done.objects_lost > 0)
    log::warning(fmt::format(
        "{} of removed images had no counterpart on the kept ones (--merge-labels moves such objects)",
        counted(done.objects_lost, "object")));
}

void show(Context& context, const DedupeReport& report, const DedupeFlags& o) {
  warn_of_unreadable(report.unreadable);
  if (context.shared.json)
    for (const auto& group : report.groups) context.out.json_line(to_json(group));
  else
    print(context, report, o);
}

int look_at_source(Context& context, DedupeFlags& o) {
  std::vector<std::string> project_flags;
  if (!o.where.empty()) project_flags.emplace_back("where");
  if (o.apply) project_flags.emplace_back("apply");
  auto pictures = open_source(context, o.source, project_flags);
  ImageLooks looks([&](const Image& image) { return pictures.files.at(image.sha256); }, o.options.threads);
  show(context, find_duplicates(pictures.images, looks, o.options, context.progress), o);
  return 0;
}

int run(Context& context, DedupeFlags o) {
  if (o.removing.merge_labels && o.group)
    throw UsageError("--merge-labels cannot be used with --group, which removes nothing");
  o.options.chains = o.group;
  o.options.threads = context.shared.threads;
  if (!o.source.source.empty()) return look_at_source(context, o);
  auto project = tool::open_project(context);
  if (!o.where.empty()) o.options.where = Filter::parse(o.where);
  auto report = find_duplicates(project, o.options, context.progress);
  show(context, report, o);
  if (!o.apply || context.shared.dry_run || report.groups.empty()) return 0;
  if (o.group)
    report_tied(context, tie_duplicates(project, report));
  else
    report_removed(context, report, remove_duplicates(project, report, o.removing));
  return 0;
}

}  // namespace

void add_dedupe(Tool& tool) {
  auto& verb = tool.verb("dedupe", "find images that show the same; remove them or tie them together");
  verb.honours({Shared::project, Shared::json, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<DedupeFlags>();
  verb.describe(R"(
      Lists groups of images of the project (or, with SRC, of a dataset, folder or archive outside of one)
      whose pixels are the same or that look alike, the one to keep first and why: most objects, else done, else most pixels, else the oldest. Every other image is like the
      kept one.

      Nothing changes without --apply, which removes the others, or with --group gives all of them one
      group (chains of look-alikes included), so that they never stand in two splits. What pictures look
      like is remembered in the project's folder cache.)");
  verb.example("ds-import dedupe --distance 6");
  verb.example("ds-import dedupe photos.zip");
  verb.example("ds-import dedupe --apply --merge-labels");
  verb.example("ds-import dedupe --apply --group");
  verb.options()
      .add("where", o.where, kWhereHelp, "FILTER")
      .add("exact", o.options.exact, "only images whose decoded pixels are the same")
      .add("distance", o.options.distance,
           "most of the 64 bits of the perceptual hash that may differ (0-20)")
      .within(0, 20)
      .add("apply", o.apply, "remove all but the best of each group, or with --group tie them together")
      .add("group", o.group, "one group for all images that hang together; nothing is removed")
      .add("merge-labels", o.removing.merge_labels,
           "objects that the kept image lacks move there from the removed ones")
      .add("limit", o.limit, "most groups to print; 0: all")
      .at_least(0);
  bind_source(verb, o.source, "dataset, folder or archive to look at instead of the project");
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool

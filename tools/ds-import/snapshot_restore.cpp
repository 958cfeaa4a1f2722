#include "ds/project/snapshot_restore.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct RestoreFlags {
  std::string snapshot;
  std::string images = "keep";
};

nlohmann::ordered_json to_json(const RestoreReport& report, bool dry_run) {
  return {{"snapshot", report.id},
          {"dry_run", dry_run},
          {"unchanged", report.unchanged},
          {"changed", report.changed},
          {"brought_back", report.brought_back},
          {"set_aside", report.set_aside},
          {"moved", report.moved},
          {"removed", report.removed},
          {"classes_changed", report.classes_changed},
          {"classes_retired", report.classes_retired}};
}

void print(Context& context, const RestoreReport& report) {
  context.out.line(fmt::format("{} {}: {} changed, {} brought back, {} unchanged",
                               tool::did(context, "restored", "would restore"), report.id,
                               counted(report.changed, "image"), report.brought_back, report.unchanged));
  if (report.removed > 0)
    context.out.line(fmt::format("{} {} that {} not in it", tool::did(context, "removed", "would remove"),
                                 counted(report.removed, "image"), report.removed == 1 ? "is" : "are"));
  if (report.set_aside > 0)
    context.out.line(fmt::format("{} {} that {} not in it: labels stay, status goes back to review",
                                 tool::did(context, "set aside", "would set aside"),
                                 counted(report.set_aside, "image"), report.set_aside == 1 ? "is" : "are"));
  if (report.moved > 0)
    context.out.line(fmt::format("{} {} that {} not in it into the split of the group",
                                 tool::did(context, "moved", "would move"), counted(report.moved, "image"),
                                 report.moved == 1 ? "is" : "are"));
  if (!report.classes_retired.empty())
    context.out.line(fmt::format("{} classes: {}", tool::did(context, "retired", "would retire"),
                                 join(report.classes_retired, ", ")));
}

/// What the restoring would do, exactly: it is done, and taken back.
RestoreReport rehearse(Project& project, const std::string& id, const RestoreOptions& options) {
  struct Rehearsed {};
  RestoreReport report;
  try {
    project.transaction([&] {
      report = project.snapshots().restore(id, options);
      throw Rehearsed{};
    });
  } catch (const Rehearsed&) {
  }
  return report;
}

int restore(Context& context, const RestoreFlags& o) {
  auto project = tool::open_project(context);
  auto snapshot = project.snapshots().get(o.snapshot);
  RestoreOptions options{.others = o.images == "remove" ? OtherImages::remove : OtherImages::keep};
  bool dry_run = context.shared.dry_run;
  auto lock = project.lock("import");
  if (dry_run && !context.shared.json) {
    print_difference(context, project.snapshots().diff("now", snapshot.id));
    context.out.line("");
  }
  auto report =
      dry_run ? rehearse(project, snapshot.id, options) : project.snapshots().restore(snapshot.id, options);
  if (context.shared.json)
    context.out.json(to_json(report, dry_run));
  else
    print(context, report);
  if (!dry_run && report.set_aside > 0) log::info("`ds-label review` takes them in again");
  return 0;
}

}  // namespace

void add_snapshot_restore(Tool& tool) {
  auto& verb = tool.verb("snapshot restore", "make the project what a version says");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<RestoreFlags>();
  verb.describe(R"(
      Labels, statuses, splits, groups, tags and classes of the snapshot's images become what they were;
      images that have left the project come back. All or nothing, and each image's change can be taken
      back with `ds-label undo`.

      Other images stay with their labels, but those that count as truth go back to review, so that
      `snapshot create` gives the same snapshot again; --images remove removes those that the snapshot's
      filter chooses. --dry-run shows the difference and what would be done.)");
  verb.example("ds-import snapshot restore first --dry-run");
  verb.argument("snapshot", o.snapshot, "id, unique beginning of one, name, or latest");
  verb.options().choice("images", o.images, {"keep", "remove"}, "what becomes of images that are not in it");
  verb.run([&o](Context& context) { return restore(context, o); });
}

}  // namespace ds::import_tool

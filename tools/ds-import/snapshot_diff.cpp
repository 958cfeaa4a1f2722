#include "ds/project/snapshot_diff.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/project/snapshot_restore.h"
#include "printing.h"
#include "verbs.h"

namespace ds::importer {

namespace {

using Json = nlohmann::ordered_json;

Json to_json(const ObjectCounts& c) {
  return {{"before", c.before},
          {"after", c.after},
          {"added", c.added},
          {"removed", c.removed},
          {"moved", c.moved},
          {"to_other_class", c.to_other},
          {"from_other_class", c.from_other},
          {"changed", c.changed},
          {"unchanged", c.unchanged}};
}

Json to_json(const DatasetDiff& diff) {
  const auto& n = diff.images;
  Json json = {{"before", diff.before},
               {"after", diff.after},
               {"same", diff.empty()},
               {"images",
                {{"before", n.before},
                 {"after", n.after},
                 {"added", n.added},
                 {"removed", n.removed},
                 {"changed", n.changed},
                 {"unchanged", n.unchanged},
                 {"changed_objects", n.objects},
                 {"changed_split", n.split},
                 {"changed_state", n.state},
                 {"changed_group", n.group},
                 {"changed_tags", n.tags},
                 {"changed_attributes", n.attributes},
                 {"changed_bytes", n.bytes}}},
               {"objects", to_json(diff.objects)},
               {"classes", Json::array()},
               {"reclassified", Json::array()},
               {"class_order_changed", diff.class_order},
               {"class_details_changed", diff.class_details}};
  for (const auto& c : diff.classes) {
    Json one = {{"name", c.after.empty() ? c.before : c.after}};
    if (c.before != c.after) {
      one["name_before"] = c.before.empty() ? Json() : Json(c.before);
      one["name_after"] = c.after.empty() ? Json() : Json(c.after);
    }
    one.update(to_json(c.objects));
    json["classes"].push_back(one);
  }
  for (const auto& [names, count] : diff.reclassified)
    json["reclassified"].push_back({{"from", names.first}, {"to", names.second}, {"objects", count}});
  return json;
}

const char* sign_of(ImageDiff::Kind kind) {
  return kind == ImageDiff::Kind::added ? "+" : kind == ImageDiff::Kind::removed ? "-" : "~";
}

Json to_json(const ImageDiff& image) {
  Json json = {{"name", image.name},
               {"change", image.kind == ImageDiff::Kind::added     ? "added"
                          : image.kind == ImageDiff::Kind::removed ? "removed"
                                                                   : "changed"}};
  if (image.split_before != image.split_after)
    json["split"] = {to_string(image.split_before), to_string(image.split_after)};
  if (image.state_before != image.state_after)
    json["state"] = {to_string(image.state_before), to_string(image.state_after)};
  for (auto [key, differs] : {std::pair("bytes", image.bytes), std::pair("group", image.group),
                              std::pair("tags", image.tags), std::pair("attributes", image.attributes)})
    if (differs) json[key] = true;
  json["objects"] = to_json(image.objects);
  if (!image.reclassified.empty()) {
    json["reclassified"] = Json::array();
    for (const auto& [from, to] : image.reclassified) json["reclassified"].push_back({from, to});
  }
  return json;
}

std::string line_of(const ImageDiff& image) {
  std::vector<std::string> parts;
  const auto& c = image.objects;
  if (image.kind != ImageDiff::Kind::changed) {
    parts.push_back(to_string(image.split_after));
    parts.push_back(counted(c.before + c.after, "object"));
  } else {
    if (image.split_before != image.split_after)
      parts.push_back(fmt::format("{} -> {}", to_string(image.split_before), to_string(image.split_after)));
    if (image.state_before != image.state_after)
      parts.push_back(fmt::format("{} -> {}", to_string(image.state_before), to_string(image.state_after)));
    for (auto [what, count] : {std::pair("added", c.added), std::pair("removed", c.removed),
                               std::pair("moved", c.moved), std::pair("changed", c.changed)})
      if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
    for (const auto& [from, to] : image.reclassified) parts.push_back(fmt::format("{} became {}", from, to));
    for (auto [what, differs] :
         {std::pair("other bytes", image.bytes), std::pair("other group", image.group),
          std::pair("other tags", image.tags), std::pair("other attributes", image.attributes)})
      if (differs) parts.emplace_back(what);
  }
  return fmt::format("{} {}: {}", sign_of(image.kind), image.name, join(parts, ", "));
}

void print_images(Context& context, const DatasetDiff::Images& n) {
  std::vector<std::string> parts;
  for (auto [what, count] : {std::pair("added", n.added), std::pair("removed", n.removed),
                             std::pair("changed", n.changed), std::pair("unchanged", n.unchanged)})
    parts.push_back(fmt::format("{} {}", count, what));
  context.out.line("images: " + join(parts, ", "));
  parts.clear();
  for (auto [what, count] :
       {std::pair("objects", n.objects), std::pair("split", n.split), std::pair("status", n.state),
        std::pair("group", n.group), std::pair("tags", n.tags), std::pair("attributes", n.attributes),
        std::pair("bytes", n.bytes)})
    if (count > 0) parts.push_back(fmt::format("{} in {}", what, count));
  if (!parts.empty()) context.out.line("of the changed, what differs: " + join(parts, ", "));
}

void print(Context& context, const DatasetDiff& diff) {
  context.out.line(fmt::format("{} -> {}", diff.before, diff.after));
  if (diff.empty()) {
    context.out.line(fmt::format("no difference: {}, {}", counted(diff.images.after, "image"),
                                 counted(diff.objects.after, "object")));
    return;
  }
  print_images(context, diff.images);
  context.out.line("");
  Table table;
  table.column("class");
  for (auto* title :
       {"before", "after", "added", "removed", "moved", "to other", "from other", "changed", "unchanged"})
    table.column(title, Table::Align::right);
  auto row = [&](const std::string& name, const ObjectCounts& c) {
    std::vector<std::string> cells = {name};
    for (auto count :
         {c.before, c.after, c.added, c.removed, c.moved, c.to_other, c.from_other, c.changed, c.unchanged})
      cells.push_back(std::to_string(count));
    table.row(cells);
  };
  for (const auto& c : diff.classes)
    row(c.before == c.after ? c.after
        : c.before.empty()  ? c.after + " (new)"
        : c.after.empty()   ? c.before + " (gone)"
                            : fmt::format("{} (was {})", c.after, c.before),
        c.objects);
  row("all", diff.objects);
  context.out.text(table.to_text());
  for (const auto& [names, count] : diff.reclassified)
    context.out.line(fmt::format("{} became {}: {}", names.first, names.second, counted(count, "object")));
  if (diff.class_order) context.out.line("the classes stand in another order");
  if (diff.class_details) context.out.line("supercategories or key points of classes differ");
}

struct DiffFlags {
  std::string before, after;
  bool list = false;
};

DatasetDiff show_diff(Context& context, Project& project, const std::string& before, const std::string& after,
                      bool list) {
  auto diff = project.snapshots().diff(before, after, [&](const ImageDiff& image) {
    if (!list) return;
    if (context.shared.json)
      context.out.json_line(to_json(image));
    else
      context.out.line(line_of(image));
  });
  if (context.shared.json && list) return diff;
  if (list && !diff.empty()) context.out.line("");
  if (context.shared.json)
    context.out.json(to_json(diff));
  else
    print(context, diff);
  return diff;
}

struct RestoreFlags {
  std::string snapshot;
  std::string images = "keep";
};

Json to_json(const RestoreReport& report, bool dry_run) {
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

void print(Context& context, const RestoreReport& report, bool dry_run) {
  auto does = [&](const char* would, const char* did) { return std::string(dry_run ? would : did); };
  context.out.line(fmt::format("{} {}: {} changed, {} brought back, {} unchanged",
                               does("would restore", "restored"), report.id, counted(report.changed, "image"),
                               report.brought_back, report.unchanged));
  if (report.removed > 0)
    context.out.line(fmt::format("{} {} that {} not in it", does("would remove", "removed"),
                                 counted(report.removed, "image"), report.removed == 1 ? "is" : "are"));
  if (report.set_aside > 0)
    context.out.line(fmt::format("{} {} that {} not in it: labels stay, status goes back to review",
                                 does("would set aside", "set aside"), counted(report.set_aside, "image"),
                                 report.set_aside == 1 ? "is" : "are"));
  if (report.moved > 0)
    context.out.line(fmt::format("{} {} that {} not in it into the split of the group",
                                 does("would move", "moved"), counted(report.moved, "image"),
                                 report.moved == 1 ? "is" : "are"));
  if (!report.classes_retired.empty())
    context.out.line(
        fmt::format("{} classes: {}", does("would retire", "retired"), join(report.classes_retired, ", ")));
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
  auto project = open_project(context);
  auto snapshot = project.snapshots().get(o.snapshot);
  RestoreOptions options{.others = o.images == "remove" ? OtherImages::remove : OtherImages::keep};
  bool dry_run = context.shared.dry_run;
  auto lock = project.lock("import");
  if (dry_run && !context.shared.json) {
    print(context, project.snapshots().diff("now", snapshot.id));
    context.out.line("");
  }
  auto report =
      dry_run ? rehearse(project, snapshot.id, options) : project.snapshots().restore(snapshot.id, options);
  if (context.shared.json)
    context.out.json(to_json(report, dry_run));
  else
    print(context, report, dry_run);
  if (!dry_run && report.set_aside > 0) log::info("`ds-label review` takes them in again");
  return 0;
}

}  // namespace

void add_snapshot_diff(Tool& tool) {
  auto& verb = tool.verb("snapshot diff", "what changed between two versions");
  auto& o = verb.keep<DiffFlags>();
  verb.describe(
      "Images added, removed and changed, and for each class the objects that were added, removed, moved "
      "(same\n"
      "class, IoU of the boxes at least 0.5, other coordinates) and reclassified (IoU at least 0.5, other "
      "class).\n"
      "`now` is what `snapshot create` would freeze with the other side's filter. With --list --json one "
      "JSON\n"
      "object an image.");
  verb.example("ds-import snapshot diff first latest");
  verb.example("ds-import snapshot diff latest now --list");
  verb.argument("before", o.before, "id, unique beginning of one, name, latest, or now");
  verb.argument("after", o.after, "likewise");
  verb.options().add("list", o.list, "also one line for each image that differs");
  verb.run([&o](Context& context) {
    auto project = open_project(context);
    show_diff(context, project, o.before, o.after, o.list);
    return 0;
  });
}

void add_snapshot_restore(Tool& tool) {
  auto& verb = tool.verb("snapshot restore", "make the project what a version says");
  auto& o = verb.keep<RestoreFlags>();
  verb.describe(
      "Labels, statuses, splits, groups, tags and classes of the snapshot's images become what they were; "
      "images\n"
      "that have left the project come back. All or nothing, and each image's change can be taken back with\n"
      "`ds-label undo`. Other images stay with their labels, but those that count as truth go back to "
      "review, so\n"
      "that `snapshot create` gives the same snapshot again; --images remove removes those that the "
      "snapshot's\n"
      "filter chooses. --dry-run shows the difference and what would be done.");
  verb.example("ds-import snapshot restore first --dry-run");
  verb.argument("snapshot", o.snapshot, "id, unique beginning of one, name, or latest");
  verb.options().choice("images", o.images, {"keep", "remove"}, "what becomes of images that are not in it");
  verb.run([&o](Context& context) { return restore(context, o); });
}

}  // namespace ds::importer

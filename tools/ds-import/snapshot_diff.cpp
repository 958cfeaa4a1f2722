#include "ds/project/snapshot_diff.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/json.h"
#include "common/project.h"
#include "ds/base/text.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

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
      one["name_before"] = tool::or_null(c.before);
      one["name_after"] = tool::or_null(c.after);
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

}  // namespace

void print_difference(Context& context, const DatasetDiff& diff) {
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

namespace {

struct DiffFlags {
  std::string before, after;
  bool list = false;
};

void show(Context& context, const DiffFlags& flags) {
  auto project = tool::open_project(context);
  auto diff = project.snapshots().diff(flags.before, flags.after, [&](const ImageDiff& image) {
    if (!flags.list) return;
    if (context.shared.json)
      context.out.json_line(to_json(image));
    else
      context.out.line(line_of(image));
  });
  if (context.shared.json && flags.list) return;
  if (flags.list && !diff.empty()) context.out.line("");
  if (context.shared.json)
    context.out.json(to_json(diff));
  else
    print_difference(context, diff);
}

}  // namespace

void add_snapshot_diff(Tool& tool) {
  auto& verb = tool.verb("snapshot diff", "what changed between two versions");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<DiffFlags>();
  verb.describe(R"(
      Images added, removed and changed, and for each class the objects that were added, removed, moved
      (same class, IoU of the boxes at least 0.5, other coordinates) and reclassified (IoU at least 0.5,
      other class).

      `now` is what `snapshot create` would freeze with the other side's filter. With --list --json one
      JSON object an image.)");
  verb.example("ds-import snapshot diff first latest");
  verb.example("ds-import snapshot diff latest now --list");
  verb.argument("before", o.before, "id, unique beginning of one, name, latest, or now");
  verb.argument("after", o.after, "likewise");
  verb.options().add("list", o.list, "also one line for each image that differs");
  verb.run([&o](Context& context) {
    show(context, o);
    return 0;
  });
}

}  // namespace ds::import_tool

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/text.h"
#include "ds/labeling/class_edit.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

using Json = nlohmann::ordered_json;

void print_classes(Project& project, Context& context) {
  auto classes = project.classes().list();
  auto counts = project.images().counts();
  Table table;
  table.column("index", Table::Align::right)
      .column("class")
      .column("colour")
      .column("labels", Table::Align::right);
  table.column("images", Table::Align::right).column("proposals", Table::Align::right);
  for (int i = 0; i < classes.size(); ++i) {
    const auto& tally = counts.classes.at(static_cast<std::size_t>(i));
    auto color = classes[i].color.empty() ? palette_color(i) : classes[i].color;
    if (context.shared.json)
      context.out.json_line({{"index", i},
                             {"id", classes[i].id},
                             {"name", classes[i].name},
                             {"color", color},
                             {"supercategory", classes[i].supercategory},
                             {"annotations", tally.annotations},
                             {"images", tally.images},
                             {"proposals", tally.proposals}});
    table.row({std::to_string(i), classes[i].name, color, std::to_string(tally.annotations),
               std::to_string(tally.images), std::to_string(tally.proposals)});
  }
  if (!context.shared.json) context.out.text(table.to_text());
}

/// Makes the change, prints what it says, or with --json the classes as they are then.
int change_classes(Context& context, const std::function<std::string(Project&)>& change) {
  auto project = tool::open_project(context);
  change_project(project, context.shared.dry_run, [&] {
    auto said = change(project);
    if (context.shared.json)
      print_classes(project, context);
    else
      context.out.line(said);
  });
  tool::note_dry_run(context);
  return 0;
}

struct AddOptions {
  std::vector<std::string> names;
  std::string rgb;
  std::string supercategory;
};

struct TwoNames {
  std::string first, second;
};

struct RemoveOptions {
  std::string name;
  bool with_annotations = false;
};

void add_changes_of_one(Tool& tool) {
  auto& rename = tool.verb("classes rename", "give a class another name; labels and history stay with it");
  rename.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& r = rename.keep<TwoNames>();
  rename.argument("class", r.first, "its name now").argument("new-name", r.second, "its new name");
  rename.example("ds-label classes rename rbc 'red blood cell'");
  rename.run([&r](Context& context) {
    return change_classes(context, [&](Project& project) {
      return rename_class(project, r.first, r.second) ? fmt::format("renamed {} to {}", r.first, r.second)
                                                      : fmt::format("{} has that name already", r.first);
    });
  });

  auto& color = tool.verb("classes color", "give a class a colour");
  color.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& c = color.keep<TwoNames>();
  color.argument("class", c.first, "class name").argument("rgb", c.second, "#rrggbb");
  color.example("ds-label classes color RBC '#d62728'");
  color.run([&c](Context& context) {
    return change_classes(context, [&](Project& project) {
      return color_class(project, c.first, c.second) ? fmt::format("{} is {}", c.first, c.second)
                                                     : fmt::format("{} is {} already", c.first, c.second);
    });
  });
}

void add_removing(Tool& tool) {
  auto& merge = tool.verb("classes merge", "make every label of one class one of another; the first is gone");
  merge.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& m = merge.keep<TwoNames>();
  merge.argument("from", m.first, "class that goes").argument("into", m.second, "class that stays");
  merge.example("ds-label classes merge rbc RBC");
  merge.run([&m](Context& context) {
    return change_classes(context, [&](Project& project) {
      auto changed = merge_classes(project, m.first, m.second);
      return fmt::format("merged {} into {}: {}", m.first, m.second,
                         counted(static_cast<std::size_t>(changed), "annotation"));
    });
  });

  auto& remove = tool.verb("classes remove", "remove a class; refused while annotations use it");
  remove.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = remove.keep<RemoveOptions>();
  remove.argument("class", o.name, "class name");
  remove.options().add("with-annotations", o.with_annotations, "also remove its annotations");
  remove.example("ds-label classes remove Platelets --with-annotations");
  remove.run([&o](Context& context) {
    return change_classes(context, [&](Project& project) {
      project.classes().list().index_of(o.name);
      auto removed = project.classes().remove(o.name, o.with_annotations);
      return fmt::format("removed {} and {}", o.name,
                         counted(static_cast<std::size_t>(removed), "annotation"));
    });
  });
}

}  // namespace

void add_classes(Tool& tool) {
  auto& list = tool.verb("classes list", "classes in training order, with how often each is labelled");
  list.honours({Shared::project, Shared::json, Shared::dry_run});
  list.example("ds-label classes list");
  list.run([](Context& context) {
    auto project = tool::open_project(context);
    print_classes(project, context);
    return 0;
  });

  auto& add = tool.verb("classes add", "append classes");
  add.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& a = add.keep<AddOptions>();
  add.arguments("class", a.names, "new class names");
  add.options()
      .add("rgb", a.rgb, "colour as #rrggbb; default: the next of the palette", "#RRGGBB")
      .add("supercategory", a.supercategory, "group that the class belongs to");
  add.example("ds-label classes add RBC WBC Platelets");
  add.run([&a](Context& context) {
    return change_classes(context, [&](Project& project) {
      auto added = add_classes(project, a.names, a.rgb, a.supercategory);
      return added.empty() ? std::string("all of them are there already") : "added " + join(added, ", ");
    });
  });

  add_changes_of_one(tool);
  add_removing(tool);

  auto& reorder = tool.verb("classes reorder", "put the classes in another order: the training index");
  reorder.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& names = reorder.keep<std::vector<std::string>>();
  reorder.arguments("class", names, "every class once, in the new order");
  reorder.describe("Snapshots and models made before keep the order they were made with.");
  reorder.example("ds-label classes reorder WBC RBC Platelets");
  reorder.run([&names](Context& context) {
    return change_classes(context, [&](Project& project) {
      project.classes().reorder(names);
      return "order: " + join(names, ", ");
    });
  });
}

}  // namespace ds::label_tool

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "options.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct CreateFlags {
  std::string name;
  std::string where;
  std::vector<std::string> states = {"done"};
};

nlohmann::ordered_json to_json(const SnapshotRecord& s) {
  return {{"id", s.id},
          {"name", s.name},
          {"created_at", s.created_at},
          {"created_by", s.created_by},
          {"where", s.where},
          {"images", s.images},
          {"objects", s.annotations},
          {"classes", s.classes},
          {"train", s.train},
          {"val", s.val},
          {"test", s.test},
          {"folder", s.folder.string()}};
}

void print(Context& context, const std::vector<SnapshotRecord>& snapshots) {
  using Align = Table::Align;
  Table table;
  for (auto* title : {"id", "name", "created", "by"}) table.column(title);
  for (auto* title : {"images", "objects", "classes", "train", "val", "test"})
    table.column(title, Align::right);
  for (const auto& s : snapshots)
    table.row({s.id, s.name, s.created_at, s.created_by, std::to_string(s.images),
               std::to_string(s.annotations), std::to_string(s.classes), std::to_string(s.train),
               std::to_string(s.val), std::to_string(s.test)});
  context.out.text(table.to_text());
}

int create(Context& context, const CreateFlags& o) {
  auto project = tool::open_project(context);
  SnapshotOptions options{.name = o.name};
  if (!o.where.empty()) options.where = Filter::parse(o.where);
  options.states.clear();
  for (const auto& state : o.states) options.states.push_back(image_state_from_string(state));
  auto snapshot = project.snapshots().create(options);
  if (context.shared.json)
    context.out.json(to_json(snapshot));
  else
    print(context, {snapshot});
  return 0;
}

int list(Context& context) {
  auto snapshots = tool::open_project(context).snapshots().list();
  if (!context.shared.json) {
    if (snapshots.empty())
      context.out.line("no snapshots yet: make one with `ds-import snapshot create`");
    else
      print(context, snapshots);
    return 0;
  }
  auto all = nlohmann::ordered_json::array();
  for (const auto& snapshot : snapshots) all.push_back(to_json(snapshot));
  context.out.json(all);
  return 0;
}

int show(Context& context, const std::string& id) {
  auto project = tool::open_project(context);
  auto snapshot = project.snapshots().get(id);
  auto summary = summarize(project.snapshots().load(snapshot.id));
  if (context.shared.json) {
    auto json = to_json(snapshot);
    json["objects_of_class"] = nlohmann::ordered_json::object();
    for (const auto& one : summary.classes) json["objects_of_class"][one.name] = one.annotations;
    json["test_fingerprint"] = project.snapshots().fingerprint(snapshot.id, Split::test);
    context.out.json(json);
    return 0;
  }
  print(context, {snapshot});
  context.out.line("");
  Table classes;
  classes.column("class").column("objects", Table::Align::right).column("images", Table::Align::right);
  for (const auto& one : summary.classes)
    classes.row({one.name, std::to_string(one.annotations), std::to_string(one.images)});
  context.out.text(classes.to_text());
  return 0;
}

}  // namespace

void add_snapshot(Tool& tool) {
  auto& make = tool.verb("snapshot create", "freeze a version of the dataset");
  make.honours({Shared::project, Shared::json});
  auto& o = make.keep<CreateFlags>();
  make.describe(R"(
      Freezes which images, labels and splits belong together. The same content gives the same snapshot
      with the same id. Images in other states stay out, and so do proposals of models.)");
  make.example("ds-import snapshot create --name first --where 'split!=none'");
  make.options()
      .add("name", o.name, "a name for it")
      .add("where", o.where, kWhereHelp, "FILTER")
      .add("states", o.states, "states whose labels count as truth", "A,B");
  make.run([&o](Context& context) { return create(context, o); });

  tool.verb("snapshot list", "list frozen versions")
      .honours({Shared::project, Shared::json, Shared::dry_run})
      .run(list);

  auto& details = tool.verb("snapshot show", "one frozen version");
  details.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& id = details.keep<std::string>();
  details.argument("snapshot", id, "id, unique beginning of one, name, or latest");
  details.run([&id](Context& context) { return show(context, id); });
}

}  // namespace ds::import_tool

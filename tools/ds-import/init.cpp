#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/cli/tool.h"
#include "ds/project/project.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct InitOptions {
  std::string folder;
  std::string name;
  std::string description;
  std::string category;
  std::vector<std::string> classes;
  std::vector<std::string> split = {"0.7", "0.15", "0.15"};
  bool review = false;
  std::string group_pattern;
};

int run(Context& context, const InitOptions& o) {
  ProjectSettings settings;
  settings.name = o.name;
  settings.description = o.description;
  settings.category = o.category;
  settings.review_required = o.review;
  settings.group_pattern = o.group_pattern;
  if (o.split.size() != 3)
    throw UsageError(fmt::format("--split has {} shares, expected 3", o.split.size()), "as in 0.7,0.15,0.15");
  double* shares[] = {&settings.split_train, &settings.split_val, &settings.split_test};
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    auto share = parse_double(o.split[i]);
    if (!share || *share < 0 || *share > 1)
      throw UsageError(fmt::format("--split: '{}' is not a share between 0 and 1", o.split[i]));
    *shares[i] = *share;
    sum += *share;
  }
  if (sum < 0.999 || sum > 1.001) throw UsageError(fmt::format("--split sums to {:g}, expected 1", sum));
  if (context.shared.dry_run) {
    return tool::would(context, fmt::format("make project {}", o.folder),
                       {{"project", o.folder}, {"classes", o.classes}});
  }
  Project::init(o.folder, settings, o.classes);
  if (context.shared.json) {
    context.out.json({{"project", o.folder}, {"classes", o.classes}});
  } else {
    context.out.line(fmt::format("made project {} with {} classes", o.folder, o.classes.size()));
  }
  return 0;
}

}  // namespace

void add_init(Tool& tool) {
  auto& verb = tool.verb("init", "make a project");
  verb.honours({Shared::json, Shared::dry_run});
  auto& o = verb.keep<InitOptions>();
  verb.describe(R"(
      Makes a folder with project.yaml, which a person may edit, and an empty index. Classes can be left
      out: the first labelled dataset brings its own.)");
  verb.example("ds-import init farm --name 'Farm gate' --classes car,person,dog");
  verb.argument("dir", o.folder, "folder to make");
  verb.options()
      .add("name", o.name, "name of the project; default: the folder's")
      .add("description", o.description, "what it is about")
      .add("category", o.category, "a word to sort projects by")
      .add("classes", o.classes, "class names in the order of their training index")
      .add("split", o.split, "shares of train, val and test", "T,V,T")
      .add("review", o.review, "labels need a second person's review before they count")
      .add("group-pattern", o.group_pattern,
           "regular expression on image names; images with the same first capture share a split", "REGEX");
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool

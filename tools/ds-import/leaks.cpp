#include "ds/curation/leaks.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "options.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct LeakFlags {
  SourceFlags source;
  std::string where;
  LeakOptions options;
  bool no_looks = false;
  bool fix = false;
  LeakFix fixing;
  std::size_t limit = 20;
};

nlohmann::ordered_json to_json(const Leak& leak, const LeakFix& fix) {
  nlohmann::ordered_json json = {{"kinds", nlohmann::ordered_json::array()},
                                 {"home", to_string(home_of(leak, fix))},
                                 {"images", nlohmann::ordered_json::array()},
                                 {"pairs", nlohmann::ordered_json::array()}};
  for (auto kind : leak.kinds()) json["kinds"].push_back(to_string(kind));
  for (const auto& image : leak.images)
    json["images"].push_back(
        {{"name", image.name}, {"id", image.id}, {"split", to_string(image.split)}, {"group", image.group}});
  for (const auto& pair : leak.pairs)
    json["pairs"].push_back({{"kind", to_string(pair.kind)},
                             {"a", leak.images[pair.a].name},
                             {"b", leak.images[pair.b].name},
                             {"distance", pair.distance}});
  return json;
}

std::string what(const LeakPair& pair, const Leak& leak) {
  switch (pair.kind) {
    case LeakKind::same_pixels:
      return "same pixels";
    case LeakKind::look_alike:
      return fmt::format("look alike, {} bits differ", pair.distance);
    case LeakKind::group:
      return fmt::format("group '{}'", leak.images[pair.a].group);
    case LeakKind::video:
      break;
  }
  return "neighbours in a video";
}

std::string splits_of(const Leak& leak) {
  std::vector<std::string> parts;
  for (auto split : {Split::train, Split::val, Split::test})
    if (auto count = leak.of_split[static_cast<std::size_t>(split)]; count > 0)
      parts.push_back(fmt::format("{} {}", to_string(split), count));
  return join(parts, ", ");
}

void print(Context& context, const LeakReport& report, const LeakFlags& o) {
  constexpr std::size_t kPairs = 3;
  std::size_t shown = 0;
  for (const auto& leak : report.leaks) {
    if (o.limit != 0 && ++shown > o.limit) break;
    for (std::size_t i = 0; i < std::min(kPairs, leak.pairs.size()); ++i) {
      const auto &a = leak.images[leak.pairs[i].a], &b = leak.images[leak.pairs[i].b];
      context.out.line(fmt::format("{} ({}) and {} ({}): {}", a.name, to_string(a.split), b.name,
                                   to_string(b.split), what(leak.pairs[i], leak)));
    }
    if (leak.images.size() > 2 || leak.pairs.size() > kPairs)
      context.out.line(fmt::format("  of {} that hang together ({}), {}",
                                   counted(leak.images.size(), "image"), splits_of(leak),
                                   counted(leak.pairs.size(), "pair")));
  }
  if (o.limit != 0 && report.leaks.size() > o.limit)
    context.out.line(
        fmt::format("and {} (all with --limit 0)", counted(report.leaks.size() - o.limit, "more leak")));
  context.out.line(
      fmt::format("{} looked at: {}", counted(report.images, "image"), counted(report.leaks.size(), "leak")));
  for (auto from : {Split::train, Split::val})
    if (auto found = report.exposed.find({Split::test, from}); found != report.exposed.end())
      context.out.line(
          fmt::format("{} of test given away by {}", counted(found->second, "image"), to_string(from)));
}

int fix(Context& context, Project& project, const LeakReport& report, const LeakFlags& o) {
  bool dry_run = context.shared.dry_run;
  auto done = fix_leaks(project, report, o.fixing, dry_run);
  if (context.shared.json) {
    nlohmann::ordered_json json = {{"moved", done.images}, {"moves", nlohmann::ordered_json::array()}};
    for (const auto& [move, count] : done.moves)
      json["moves"].push_back(
          {{"from", to_string(move.first)}, {"to", to_string(move.second)}, {"images", count}});
    context.out.json_line(json);
  } else {
    for (const auto& [move, count] : done.moves)
      context.out.line(fmt::format("{} {}: {} -> {}", tool::did(context, "moved", "would move"),
                                   counted(count, "image"), to_string(move.first), to_string(move.second)));
  }
  for (const auto& [move, count] : done.moves)
    if (move.second == Split::test || move.first == Split::test) {
      log::info(
          "test is another one from now on: models are compared on the test set of a new snapshot, and those trained before have seen what came from train");
      break;
    }
  return dry_run ? 3 : 0;
}

void show(Context& context, const LeakReport& report, const LeakFlags& o) {
  warn_of_unreadable(report.unreadable);
  if (context.shared.json)
    for (const auto& leak : report.leaks) context.out.json_line(to_json(leak, o.fixing));
  else
    print(context, report, o);
}

int look_at_source(Context& context, LeakFlags& o) {
  std::vector<std::string> project_flags;
  if (!o.where.empty()) project_flags.emplace_back("where");
  if (o.fix) project_flags.emplace_back("fix");
  auto pictures = open_source(context, o.source, project_flags);
  ImageLooks looks([&](const Image& image) { return pictures.files.at(image.sha256); }, o.options.threads);
  auto report = find_leaks(pictures.images, looks, o.options, context.progress);
  show(context, report, o);
  return report.leaks.empty() ? 0 : 3;
}

int run(Context& context, LeakFlags o) {
  if (o.fixing.from_test && !o.fix)
    throw UsageError("--from-test says what --fix may do, and --fix is not given");
  o.options.threads = context.shared.threads;
  o.options.looks = !o.no_looks;
  if (!o.source.source.empty()) return look_at_source(context, o);
  auto project = tool::open_project(context);
  if (!o.where.empty()) o.options.where = Filter::parse(o.where);
  auto report = find_leaks(project, o.options, context.progress);
  show(context, report, o);
  if (report.leaks.empty()) return 0;
  return o.fix ? fix(context, project, report, o) : 3;
}

}  // namespace

void add_leaks(Tool& tool) {
  auto& verb = tool.verb("leaks", "find what one split knows of another");
  verb.honours({Shared::project, Shared::json, Shared::threads, Shared::dry_run});
  auto& o = verb.keep<LeakFlags>();
  verb.describe(R"(
      Finds images of different splits that show the same or look alike, groups that are in two splits,
      and neighbouring frames of one video in two splits. Exit 3 when there is one. Rejected images do
      not count. With SRC it looks at a dataset or archive outside of the project, in the splits that
      this one names.

      --fix moves each leak as a whole, with the groups and videos that hang on it: to test when it
      touches test, else to the split that has most of its images, and of two such to that of the oldest
      image.)");
  verb.example("ds-import leaks");
  verb.example("ds-import leaks roboflow.zip");
  verb.example("ds-import leaks --fix --dry-run");
  verb.options()
      .add("where", o.where, kWhereHelp, "FILTER")
      .add("distance", o.options.distance,
           "most of the 64 bits of the perceptual hash that may differ (0-20)")
      .within(0, 20)
      .add("no-looks", o.no_looks, "only groups and videos, without opening a picture")
      .add("fix", o.fix, "move every leak into one split")
      .add(
          "from-test", o.fixing.from_test,
          "images may leave test where its part of a leak is the smaller one: old test scores mean nothing then")
      .add("limit", o.limit, "most leaks to print; 0: all")
      .at_least(0);
  bind_source(verb, o.source, "dataset or archive to look at instead of the project");
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool

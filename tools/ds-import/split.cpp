#include "ds/curation/split_project.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

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

struct SplitFlags {
  std::optional<double> train, val, test;
  std::string by = "hash";
  bool stratify = false;
  bool reassign = false;
  std::string where;
};

SplitOptions options_of(const SplitFlags& o) {
  SplitOptions options{.reassign = o.reassign};
  if (!o.where.empty()) options.where = Filter::parse(o.where);
  if (o.train || o.val || o.test) {
    if (int(o.train.has_value()) + o.val.has_value() + o.test.has_value() < 2)
      throw UsageError("one share alone does not say what becomes of the rest",
                       "give two or three of --train, --val and --test; they sum to 1");
    auto rest = [](const std::optional<double>& own, const std::optional<double>& a,
                   const std::optional<double>& b) { return own ? *own : std::max(0.0, 1 - *a - *b); };
    options.shares =
        SplitShares{rest(o.train, o.val, o.test), rest(o.val, o.train, o.test), rest(o.test, o.train, o.val)};
  }
  options.by = o.stratify ? SplitBy::stratify : o.by == "group" ? SplitBy::group : SplitBy::hash;
  return options;
}

constexpr Split kShown[] = {Split::train, Split::val, Split::test, Split::none};

void print(Context& context, const SplitReport& report) {
  Table table;
  table.column("");
  for (auto* title : {"train", "val", "test", "none", "-> train", "val", "test", "none", "share"})
    table.column(title, Table::Align::right);
  auto row = [&](const std::string& name, const SplitCounts& before, const SplitCounts& after) {
    std::vector<std::string> cells = {name};
    for (const auto* counts : {&before, &after})
      for (auto split : kShown) cells.push_back(std::to_string((*counts)[static_cast<std::size_t>(split)]));
    auto in = [&](Split split) { return static_cast<double>(after[static_cast<std::size_t>(split)]); };
    double all = in(Split::train) + in(Split::val) + in(Split::test);
    cells.push_back(all == 0 ? "-"
                             : fmt::format("{:.3f} {:.3f} {:.3f}", in(Split::train) / all,
                                           in(Split::val) / all, in(Split::test) / all));
    table.row(cells);
  };
  row("images", report.images_before, report.images_after);
  for (const auto& c : report.classes) row(c.name, c.before, c.after);
  context.out.text(table.to_text());
}

nlohmann::ordered_json to_json(const SplitCounts& counts) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (auto split : kShown) json[to_string(split)] = counts[static_cast<std::size_t>(split)];
  return json;
}

nlohmann::ordered_json to_json(const SplitReport& report) {
  nlohmann::ordered_json json = {
      {"shares", {{"train", report.shares.train}, {"val", report.shares.val}, {"test", report.shares.test}}},
      {"assigned", report.assigned},
      {"reassigned", report.reassigned},
      {"kept", report.kept},
      {"moves", nlohmann::ordered_json::array()},
      {"images", {{"before", to_json(report.images_before)}, {"after", to_json(report.images_after)}}},
      {"classes", nlohmann::ordered_json::array()}};
  for (const auto& [move, count] : report.moves)
    json["moves"].push_back(
        {{"from", to_string(move.first)}, {"to", to_string(move.second)}, {"images", count}});
  for (const auto& c : report.classes)
    json["classes"].push_back({{"name", c.name}, {"before", to_json(c.before)}, {"after", to_json(c.after)}});
  return json;
}

void say(const SplitReport& report, bool dry_run) {
  for (const auto& [move, count] : report.moves)
    if (move.first == Split::test)
      log::warning(
          fmt::format("{} {} test for {}: scores on the old test set cannot be compared with new ones",
                      counted(count, "image"), count == 1 ? "leaves" : "leave", to_string(move.second)));
  if (report.settings_differ && report.assigned + report.reassigned > 0 && !dry_run)
    log::info("project.yaml has other shares, which images that come later follow");
}

int run(Context& context, const SplitFlags& o) {
  auto project = tool::open_project(context);
  bool dry_run = context.shared.dry_run;
  auto report = split_project(project, options_of(o), dry_run);
  if (context.shared.json) {
    context.out.json(to_json(report));
  } else {
    print(context, report);
    auto done = tool::did(context, "gave", "would give");
    context.out.line(fmt::format(
        "{} {} a split{}", done, counted(report.assigned, "image"),
        o.reassign ? fmt::format(" and {} another one", counted(report.reassigned, "image")) : ""));
    if (report.kept > 0)
      context.out.line(fmt::format("{} {} the split that {} (--reassign moves them)",
                                   counted(report.kept, "image"), report.kept == 1 ? "keeps" : "keep",
                                   report.kept == 1 ? "it has" : "they have"));
  }
  say(report, dry_run);
  return 0;
}

}  // namespace

void add_split(Tool& tool) {
  auto& verb = tool.verb("split", "give images their place in train, val and test");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<SplitFlags>();
  verb.describe(R"(
      Groups (videos, bursts, duplicates) stay whole. By hash, the place of a group depends on nothing
      but its name and the project's key, so that new data never moves old; by group, the shares are met
      as closely as whole groups allow; --stratify does that for each class. Images that have a split
      keep it, and count.

      The table has the objects of each class before and after. --dry-run changes nothing.)");
  verb.example("ds-import split --train .8 --val .1 --test .1 --stratify --dry-run");
  verb.example("ds-import split --reassign --where 'split!=test' --train .9 --val .1");
  verb.options()
      .add("train", o.train, "share of train; default: the project's shares, or what the others leave")
      .add("val", o.val, "share of val")
      .add("test", o.test, "share of test")
      .choice("by", o.by, {"hash", "group"}, "by the keyed hash of the group's name, or to meet the shares")
      .add("stratify", o.stratify, "meet the shares in each class (iterative stratification on groups)")
      .add("reassign", o.reassign, "also move images that have a split")
      .add("where", o.where, kWhereHelp, "FILTER");
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/dataset/statistics.h"
#include "printing.h"
#include "verbs.h"

namespace ds::importer {

namespace {

struct StatsFlags {
  std::string where;
  std::string snapshot;
};

Dataset load(Project& project, const StatsFlags& o) {
  if (!o.snapshot.empty()) return project.snapshots().load(project.snapshots().get(o.snapshot).id);
  Dataset dataset;
  dataset.classes = project.classes().list();
  dataset.images =
      project.images().list(o.where.empty() ? Filter() : Filter::parse(o.where), WithAnnotations::yes);
  return dataset;
}

nlohmann::ordered_json to_json(const DatasetStatistics::Range& range) {
  return {{"min", range.min}, {"median", range.median}, {"max", range.max}};
}

nlohmann::ordered_json to_json(const DatasetStatistics& stats) {
  nlohmann::ordered_json json = {{"images", stats.images},
                                 {"objects", stats.objects},
                                 {"imbalance", stats.imbalance},
                                 {"image_width", to_json(stats.image_width)},
                                 {"image_height", to_json(stats.image_height)},
                                 {"objects_per_image", to_json(stats.objects_per_image)},
                                 {"classes", nlohmann::ordered_json::array()},
                                 {"splits", nlohmann::ordered_json::array()}};
  for (const auto& c : stats.classes) {
    json["classes"].push_back({{"name", c.name},
                               {"objects", c.objects},
                               {"images", c.images},
                               {"share", c.share},
                               {"small", c.of_size[0]},
                               {"medium", c.of_size[1]},
                               {"large", c.of_size[2]},
                               {"train", c.of_split[static_cast<std::size_t>(Split::train)]},
                               {"val", c.of_split[static_cast<std::size_t>(Split::val)]},
                               {"test", c.of_split[static_cast<std::size_t>(Split::test)]},
                               {"median_side", c.median_side}});
  }
  for (const auto& s : stats.splits) {
    json["splits"].push_back({{"split", to_string(s.split)},
                              {"images", s.images},
                              {"labelled", s.labelled},
                              {"negatives", s.negatives},
                              {"objects", s.objects}});
  }
  return json;
}

void print(Context& context, const DatasetStatistics& stats) {
  using Align = Table::Align;
  Table splits;
  splits.column("split");
  for (auto* title : {"images", "labelled", "negatives", "objects"}) splits.column(title, Align::right);
  for (const auto& s : stats.splits)
    splits.row({to_string(s.split), std::to_string(s.images), std::to_string(s.labelled),
                std::to_string(s.negatives), std::to_string(s.objects)});
  Table classes;
  classes.column("class");
  for (auto* title :
       {"objects", "share", "images", "train", "val", "test", "small", "medium", "large", "side"})
    classes.column(title, Align::right);
  for (const auto& c : stats.classes) {
    auto in = [&](Split split) { return std::to_string(c.of_split[static_cast<std::size_t>(split)]); };
    classes.row({c.name, std::to_string(c.objects), fmt::format("{:.1f} %", 100 * c.share),
                 std::to_string(c.images), in(Split::train), in(Split::val), in(Split::test),
                 std::to_string(c.of_size[0]), std::to_string(c.of_size[1]), std::to_string(c.of_size[2]),
                 fmt::format("{:.0f}", c.median_side)});
  }
  context.out.text(splits.to_text());
  context.out.line("");
  context.out.text(classes.to_text());
  context.out.line("");
  context.out.line(fmt::format(
      "{} of {:g} to {:g} x {:g} to {:g} pixels; {:g} objects an image (median), at most {:g}",
      counted(stats.images, "image"), stats.image_width.min, stats.image_width.max, stats.image_height.min,
      stats.image_height.max, stats.objects_per_image.median, stats.objects_per_image.max));
  if (stats.imbalance >= 2)
    context.out.line(
        fmt::format("the most frequent class has {:.1f} times the objects of the rarest", stats.imbalance));
}

}  // namespace

void add_stats(Tool& tool) {
  auto& verb = tool.verb("stats", "class balance, object sizes, splits");
  auto& o = verb.keep<StatsFlags>();
  verb.describe(
      "Counts objects by class, by size (COCO: small under 32x32 pixels, medium under 96x96) and by split.\n"
      "side is the median of the square root of the boxes' areas, in pixels.");
  verb.example("ds-import stats --where 'split=train'");
  verb.options()
      .add("where", o.where, "only these images", "FILTER")
      .add("snapshot", o.snapshot, "a frozen version instead: id, name, or latest", "S");
  verb.run([&o](Context& context) {
    auto project = open_project(context);
    auto stats = statistics_of(load(project, o));
    if (context.shared.json)
      context.out.json(to_json(stats));
    else
      print(context, stats);
    return 0;
  });
}

}  // namespace ds::importer

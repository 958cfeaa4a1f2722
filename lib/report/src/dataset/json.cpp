#include <cmath>
#include <nlohmann/json.hpp>

#include "ds/base/text.h"
#include "ds/report/dataset_report.h"

namespace ds {

namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Quantiles& q) {
  return {{"min", q.min}, {"p5", q.p5},   {"p25", q.p25}, {"median", q.median},
          {"p75", q.p75}, {"p95", q.p95}, {"max", q.max}, {"mean", q.mean}};
}

/// An open end is null.
Json to_json(const Histogram& histogram) {
  auto edges = Json::array();
  for (const auto edge : histogram.edges) edges.push_back(std::isinf(edge) ? Json(nullptr) : Json(edge));
  return {{"edges", std::move(edges)}, {"counts", histogram.counts}};
}

Json by_name(const std::vector<std::size_t>& counts, const std::vector<std::string>& names) {
  auto json = Json::object();
  for (std::size_t i = 0; i < counts.size(); ++i) json[names[i]] = counts[i];
  return json;
}

std::vector<std::string> size_names(const DatasetDistribution& d) {
  std::vector<std::string> names;
  for (const auto size : d.options.input_sizes) names.push_back(std::to_string(size));
  return names;
}

/// @param kind "class", "split" or "group"
Json to_json(const DatasetPart& part, const std::string& kind, const DatasetDistribution& d) {
  Json json = {{kind == "class" ? "name" : kind, part.name},
               {"images", part.images},
               {"labelled", part.labelled},
               {"negatives", part.negatives},
               {"objects", part.objects},
               {"share", part.share},
               {"small", part.of_size[0]},
               {"medium", part.of_size[1]},
               {"large", part.of_size[2]}};
  if (kind != "split")
    for (auto split : {Split::train, Split::val, Split::test, Split::none})
      json[to_string(split)] = part.of_split[static_cast<std::size_t>(split)];
  if (kind != "class") json["objects_of_class"] = by_name(part.of_class, d.class_names);
  json["median_side"] = part.side.median;
  json["side"] = to_json(part.side);
  json["aspect"] = to_json(part.aspect);
  json["objects_per_image"] = to_json(part.objects_per_image);
  json["tiny"] = by_name(part.tiny, size_names(d));
  return json;
}

Json parts(const DatasetDistribution& d, const std::string& kind) {
  auto json = Json::array();
  for (const auto& part : parts_of(d, kind)) json.push_back(to_json(part, kind, d));
  return json;
}

Json image_facts(const DatasetDistribution& d) {
  auto sizes = Json::array();
  for (const auto& size : d.image_sizes)
    sizes.push_back({{"width", size.width}, {"height", size.height}, {"images", size.images}});
  auto states = Json::object();
  const auto names = image_state_names();
  for (std::size_t i = 0; i < names.size(); ++i) states[names[i]] = d.of_state[i];
  return {{"states", std::move(states)}, {"image_sizes", std::move(sizes)}};
}

Json object_facts(const DatasetDistribution& d) {
  auto pairs = Json::array();
  for (const auto& pair : d.pairs)
    pairs.push_back({{"first", d.class_names[static_cast<std::size_t>(pair.first)]},
                     {"second", d.class_names[static_cast<std::size_t>(pair.second)]},
                     {"images", pair.images},
                     {"lift", pair.lift}});
  auto tags = Json::array();
  for (std::size_t i = 0; i < d.tags.size(); ++i)
    if (d.tags[i].present + d.tags[i].absent > 0)
      tags.push_back(
          {{"class", d.class_names[i]}, {"present", d.tags[i].present}, {"absent", d.tags[i].absent}});
  std::size_t grouped = 0;
  for (const auto& group : d.groups) grouped += group.images;
  return {{"shapes", d.shapes},
          {"sources", d.sources},
          {"crowd", d.crowd},
          {"difficult", d.difficult},
          {"ignored", d.ignored},
          {"without_area", d.without_area},
          {"together", std::move(pairs)},
          {"tags", std::move(tags)},
          {"groups", {{"count", d.groups.size()}, {"images", grouped}, {"videos", d.videos}}}};
}

}  // namespace

nlohmann::ordered_json dataset_json(const DatasetDistribution& d) {
  Json json = {{"format", "ds-stats"},
               {"version", 1},
               {"images", d.whole.images},
               {"objects", d.whole.objects},
               {"labelled", d.whole.labelled},
               {"negatives", d.whole.negatives},
               {"proposals", d.proposals},
               {"imbalance", d.imbalance},
               {"small", d.whole.of_size[0]},
               {"medium", d.whole.of_size[1]},
               {"large", d.whole.of_size[2]},
               {"image_width", to_json(d.image_width)},
               {"image_height", to_json(d.image_height)},
               {"objects_per_image", to_json(d.whole.objects_per_image)},
               {"side", to_json(d.whole.side)},
               {"side_share", to_json(d.side_share_quantiles)},
               {"aspect", to_json(d.whole.aspect)},
               {"tiny_side", d.options.tiny_side},
               {"tiny", by_name(d.whole.tiny, size_names(d))},
               {"input_for_most", d.input_for_most},
               {"histograms",
                {{"side", to_json(d.side_pixels)},
                 {"side_share", to_json(d.side_share)},
                 {"aspect", to_json(d.box_aspect)},
                 {"image_aspect", to_json(d.image_aspect)},
                 {"objects_per_image", to_json(d.objects_per_image)}}},
               {"positions", {{"cells", d.options.position_cells}, {"counts", d.positions}}},
               {"classes", parts(d, "class")},
               {"splits", parts(d, "split")}};
  json.update(image_facts(d));
  json.update(object_facts(d));
  json["advice"] = dataset_advice(d);
  return json;
}

nlohmann::ordered_json parts_json(const DatasetDistribution& d, const std::string& kind) {
  return {{"format", "ds-stats"}, {"version", 1}, {"by", kind}, {"parts", parts(d, kind)}};
}

}  // namespace ds

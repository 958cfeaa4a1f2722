// Writes VoTT's JSON export and beside it the CSV export, one of each a split.
#include "vott/writer.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "shared/losses.h"
#include "shared/reading.h"
#include "shared/tables/csv_table.h"
#include "shared/text/label_json.h"

namespace ds::detail {

namespace {

using nlohmann::ordered_json;

ordered_json point_json(const Point& point) {
  return {{"x", json_number(point.x)}, {"y", json_number(point.y)}};
}

// Type and points; several rings become one.
std::pair<std::string, std::vector<Point>> type_of(const Annotation& annotation) {
  if (const auto* polygon = std::get_if<Polygon>(&annotation.shape)) {
    std::vector<Point> points;
    for (const auto& ring : polygon->rings) points.insert(points.end(), ring.begin(), ring.end());
    return {"POLYGON", points};
  }
  if (const auto* line = std::get_if<Polyline>(&annotation.shape)) return {"POLYLINE", line->points};
  auto box = annotation.box();
  return {"RECTANGLE", {{box.x0, box.y0}, {box.x1, box.y0}, {box.x1, box.y1}, {box.x0, box.y1}}};
}

ordered_json region_json(const Annotation& annotation, const std::string& id, const std::string& class_name) {
  auto box = annotation.box();
  auto [type, points] = type_of(annotation);
  ordered_json region = {{"id", id}, {"type", type}, {"tags", ordered_json::array()}};
  if (class_name != kNoLabel) region["tags"].push_back(class_name);
  region["boundingBox"] = {{"height", json_number(box.height())},
                           {"width", json_number(box.width())},
                           {"left", json_number(box.x0)},
                           {"top", json_number(box.y0)}};
  region["points"] = ordered_json::array();
  for (const auto& point : points) region["points"].push_back(point_json(point));
  return region;
}

std::string quoted(const std::string& text) {
  auto cell = csv_cell(text);
  return cell.starts_with('"') ? cell : '"' + cell + '"';
}

struct Export {
  ordered_json json;
  std::string csv = "\"image\",\"xmin\",\"ymin\",\"xmax\",\"ymax\",\"label\"\n";
};

Export new_export(const ClassList& classes, Split split) {
  Export made;
  made.json = {{"name", "ds " + to_string(split)},
               {"version", "2.2.0"},
               {"tags", ordered_json::array()},
               {"assets", ordered_json::object()}};
  for (int i = 0; i < classes.size(); ++i) {
    if (classes[i].name == kNoLabel) continue;
    auto color = classes[i].color.empty() ? palette_color(i) : classes[i].color;
    made.json["tags"].push_back({{"name", classes[i].name}, {"color", color}});
  }
  return made;
}

void add_image(Export& made, const Image& image, const ClassList& classes) {
  auto id = sha256_hex(image.name).substr(0, 32);
  auto suffix = image.name.substr(image.name.rfind('.') + 1);
  bool opened = image.state != ImageState::unlabelled;
  int state = !image.annotations.empty() ? 2 : opened ? 1 : 0;
  ordered_json entry = {{"asset",
                         {{"format", suffix},
                          {"id", id},
                          {"name", image.name},
                          {"path", "images/" + image.name},
                          {"size", {{"width", image.width}, {"height", image.height}}},
                          {"state", state},
                          {"type", 1}}},
                        {"regions", ordered_json::array()},
                        {"version", "2.2.0"}};
  for (std::size_t i = 0; i < image.annotations.size(); ++i) {
    const auto& annotation = image.annotations[i];
    const auto& name = classes[annotation.class_idx].name;
    entry["regions"].push_back(region_json(annotation, fmt::format("{}-{}", id.substr(0, 9), i), name));
    auto box = annotation.box();
    made.csv +=
        fmt::format("{},{},{},{},{},{}\n", quoted("images/" + image.name), shortest(box.x0), shortest(box.y0),
                    shortest(box.x1), shortest(box.y1), quoted(name == kNoLabel ? "" : name));
  }
  made.json["assets"][id] = std::move(entry);
}

}  // namespace

WrittenDataset write_vott(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  FormatHolds holds{.shapes = {"box", "polygon", "polyline"}, .rings = false};
  count_losses(dataset, holds, written.losses);
  std::map<Split, Export> exports;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    auto known = exports.find(image.split);
    if (known == exports.end())
      known = exports.emplace(image.split, new_export(dataset.classes, image.split)).first;
    add_image(known->second, image, dataset.classes);
    written.images["images/" + image.name] = i;
  }
  for (const auto& [split, made] : exports) {
    written.texts[to_string(split) + "-export.json"] = made.json.dump(1) + "\n";
    written.texts[to_string(split) + "-export.csv"] = made.csv;
  }
  return written;
}

}  // namespace ds::detail

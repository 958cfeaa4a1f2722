// Writes Datumaro JSON, one file for each subset.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "datumaro/writer.h"
#include "ds/base/text.h"
#include "shared/losses.h"
#include "shared/text/label_json.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

ordered_json flat(const std::vector<Point>& points) {
  ordered_json numbers = ordered_json::array();
  for (const auto& p : points) {
    numbers.push_back(json_number(p.x));
    numbers.push_back(json_number(p.y));
  }
  return numbers;
}

ordered_json xywh(const Box& box) {
  return {json_number(box.x0), json_number(box.y0), json_number(extent_between(box.x0, box.x1)),
          json_number(extent_between(box.y0, box.y1))};
}

std::string subset_of(Split split) {
  return split == Split::none ? "default" : to_string(split);
}

// Attributes that readers take for a mark, or for the rotation of the shape.
bool is_own_of_datumaro(const Annotation& annotation, const std::string& key, const std::string& value) {
  bool turned = std::holds_alternative<RotatedBox>(annotation.shape) ||
                std::holds_alternative<Ellipse>(annotation.shape);
  return (key == "rotation" && (turned || parse_double(value))) || is_mark(key, json_attribute(value));
}

class ItemWriter {
 public:
  explicit ItemWriter(const Image& image) : image_(image) {
    for (const auto& annotation : image.annotations)
      if (annotation.group_id) groups_.insert(*annotation.group_id);
  }

  ordered_json annotations() {
    for (const auto& annotation : image_.annotations) add(annotation);
    for (const auto& tag : image_.tags) {
      ordered_json attributes = ordered_json::object();
      if (!tag.present) attributes["present"] = false;
      list_.push_back({{"id", next_id()},
                       {"type", "label"},
                       {"attributes", std::move(attributes)},
                       {"group", 0},
                       {"label_id", tag.class_idx}});
    }
    return std::move(list_);
  }

 private:
  // Ids that are nobody's group: see add() on outlines of several rings.
  std::int64_t next_id() {
    while (groups_.contains(++id_)) {
    }
    return id_;
  }

  ordered_json& put(const Annotation& annotation, std::int64_t id, const char* type) {
    ordered_json attributes = ordered_json::object();
    for (const auto& [key, value] : annotation.attributes)
      if (!is_own_of_datumaro(annotation, key, value)) attributes[key] = json_attribute(value);
    for (const auto& [key, value] : marks_of(annotation)) {
      if (key == "group_id" || key == "z_order") continue;
      if (key == "track_id" && *annotation.track_id >= 0) continue;  // is object_id, below
      auto& attribute = attributes[key == "crowd" ? "is_crowd" : key];
      attribute = value;
      // Datumaro's own occluded is yes or no.
      if (key == "occluded" && (value == 0 || value == 1)) attribute = value == 1;
    }
    list_.push_back({{"id", id},
                     {"type", type},
                     {"attributes", std::move(attributes)},
                     {"group", annotation.group_id.value_or(0)},
                     {"label_id", annotation.class_idx},
                     {"z_order", annotation.z}});
    if (annotation.track_id.value_or(-1) >= 0) list_.back()["object_id"] = *annotation.track_id;
    return list_.back();
  }

  void add(const Annotation& annotation) {
    auto id = next_id();
    const auto& shape = annotation.shape;
    if (const auto* polygon = std::get_if<Polygon>(&shape)) {
      // Parts share id and group; without a group of its own the outline is one, called like it.
      for (const auto& ring : polygon->rings) {
        auto& entry = put(annotation, id, "polygon");
        if (polygon->rings.size() > 1 && !annotation.group_id) entry["group"] = id;
        entry["points"] = flat(ring);
      }
    } else if (const auto* box = std::get_if<Box>(&shape)) {
      put(annotation, id, "bbox")["bbox"] = xywh(*box);
    } else if (const auto* rotated = std::get_if<RotatedBox>(&shape)) {
      auto& entry = put(annotation, id, "bbox");
      entry["bbox"] = xywh(cxcywh_to_xyxy(rotated->cx, rotated->cy, rotated->width, rotated->height));
      entry["attributes"]["rotation"] = json_number(rotated->angle_deg);
    } else if (const auto* line = std::get_if<Polyline>(&shape)) {
      put(annotation, id, "polyline")["points"] = flat(line->points);
    } else if (const auto* points = std::get_if<KeyPoints>(&shape)) {
      auto& entry = put(annotation, id, "points");
      entry["points"] = flat(points->points);
      entry["visibility"] = points->visibility;
      entry["bbox"] = xywh(points->box);
    } else if (const auto* ellipse = std::get_if<Ellipse>(&shape)) {
      auto& entry = put(annotation, id, "ellipse");
      entry["points"] = {json_number(ellipse->cx - ellipse->rx), json_number(ellipse->cy - ellipse->ry),
                         json_number(ellipse->cx + ellipse->rx), json_number(ellipse->cy + ellipse->ry)};
      if (ellipse->angle_deg != 0) entry["attributes"]["rotation"] = json_number(ellipse->angle_deg);
    } else {
      const auto& mask = std::get<RunLengthMask>(shape);
      put(annotation, id, "mask")["rle"] = {{"counts", encode_run_length(mask)},
                                            {"size", {mask.height, mask.width}}};
    }
  }

  const Image& image_;
  std::set<std::int64_t> groups_;
  std::int64_t id_ = 0;
  ordered_json list_ = ordered_json::array();
};

ordered_json categories(const ClassList& classes) {
  ordered_json labels = ordered_json::array();
  ordered_json points = ordered_json::array();
  for (int i = 0; i < classes.size(); ++i) {
    const auto& info = classes[i];
    labels.push_back(
        {{"name", info.name}, {"parent", info.supercategory}, {"attributes", ordered_json::array()}});
    if (info.key_points.empty() && info.skeleton.empty()) continue;
    ordered_json joints = ordered_json::array();
    for (const auto& [from, to] : info.skeleton) joints.push_back({from + 1, to + 1});
    points.push_back({{"label_id", i}, {"labels", info.key_points}, {"joints", std::move(joints)}});
  }
  ordered_json all = {{"label", {{"labels", std::move(labels)}, {"attributes", ordered_json::array()}}}};
  if (!points.empty()) all["points"] = {{"items", std::move(points)}};
  return all;
}

ordered_json item(const Image& image, const std::string& path) {
  auto id = fs::path(image.name).replace_extension().generic_string();
  ordered_json attributes = ordered_json::object();
  for (const auto& [key, value] : image.attributes)
    if (!is_image_mark(key, value)) attributes[key] = json_attribute(value);
  auto annotations = ItemWriter(image).annotations();
  auto read_as = annotations.empty() ? ImageState::unlabelled : ImageState::done;
  if (image.state != read_as) attributes["state"] = to_string(image.state);
  return {{"id", id},
          {"annotations", std::move(annotations)},
          {"attr", std::move(attributes)},
          {"image", {{"path", path}, {"size", {image.height, image.width}}}}};
}

}  // namespace

WrittenDataset write_datumaro(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  FormatHolds holds{.shapes = {"box", "rotated-box", "polygon", "mask", "points", "polyline", "ellipse"},
                    .crowd = true,
                    .difficult = true,
                    .ignore = true,
                    .truncated = FormatHolds::exact,
                    .occluded = FormatHolds::exact,
                    .score = true,
                    .track = true,
                    .group = true,
                    .z = true,
                    .attributes = true,
                    .tags = true,
                    .absent_tags = true,
                    .image_attributes = true,
                    .key_point_names = true,
                    .supercategory = true};
  count_losses(dataset, holds, written.losses);
  for (const auto& image : dataset.images) {
    if (std::any_of(image.attributes.begin(), image.attributes.end(),
                    [](const auto& a) { return is_image_mark(a.first, a.second); }))
      written.losses.add("image-attributes", "lose those called like a mark");
    for (const auto& a : image.annotations)
      if (std::any_of(a.attributes.begin(), a.attributes.end(), [&](const auto& attribute) {
            return is_own_of_datumaro(a, attribute.first, attribute.second) &&
                   says_something(attribute.second);
          }))
        written.losses.add("attributes", "lose those called like a mark");
  }
  std::map<Split, ordered_json> items;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    // Paths are relative to the folder of the subset.
    written.images[fmt::format("images/{}/{}", subset_of(image.split), image.name)] = i;
    auto& list = items[image.split];
    if (list.is_null()) list = ordered_json::array();
    list.push_back(item(image, image.name));
  }
  for (auto& [split, list] : items) {
    ordered_json root = {{"dm_format_version", "1.0"},
                         {"media_type", 2},
                         {"infos", ordered_json::object()},
                         {"categories", categories(dataset.classes)},
                         {"items", std::move(list)}};
    written.texts[fmt::format("annotations/{}.json", subset_of(split))] = root.dump(1) + "\n";
  }
  return written;
}

}  // namespace ds::detail

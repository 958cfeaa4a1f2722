// Writes a project of VGG Image Annotator 2.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include "ds/base/text.h"
#include "shared/losses.h"
#include "shared/reading.h"
#include "shared/text/label_json.h"
#include "via/writer.h"

namespace ds::detail {
using nlohmann::ordered_json;

namespace {

// VIA takes its settings whole: what is missing here it would not find.
ordered_json settings() {
  return {
      {"ui",
       {{"annotation_editor_height", 25},
        {"annotation_editor_fontsize", 0.8},
        {"leftsidebar_width", 18},
        {"image_grid",
         {{"img_height", 80},
          {"rshape_fill", "none"},
          {"rshape_fill_opacity", 0.3},
          {"rshape_stroke", "yellow"},
          {"rshape_stroke_width", 2},
          {"show_region_shape", true},
          {"show_image_policy", "all"}}},
        {"image",
         {{"region_label", "class"},
          {"region_color", "class"},
          {"region_label_font", "10px Sans"},
          {"on_image_annotation_editor_placement", "NEAR_REGION"}}}}},
      {"core", {{"buffer_size", 18}, {"filepath", ordered_json::object()}, {"default_filepath", "images/"}}},
      {"project", {{"name", "ds"}}}};
}

ordered_json coordinates(const Ring& ring, bool x) {
  ordered_json list = ordered_json::array();
  for (const auto& p : ring) list.push_back(json_number(x ? p.x : p.y));
  return list;
}

// Attributes that are the class, the parts of an outline or a mark to those who read the file.
bool is_own_of_via(const std::string& key, const std::string& value) {
  return to_lower(key) == "class" || key == "instance" || is_mark(key, value);
}

class RegionWriter {
 public:
  RegionWriter(const Image& image, const ClassList& classes, std::set<std::string>& fields)
      : image_(image), classes_(classes), fields_(fields) {}

  ordered_json regions() {
    for (const auto& annotation : image_.annotations) add(annotation);
    return std::move(regions_);
  }

 private:
  ordered_json& put(const Annotation& annotation, ordered_json shape) {
    ordered_json attributes = {{"class", classes_[annotation.class_idx].name}};
    for (const auto& [key, value] : annotation.attributes)
      if (!is_own_of_via(key, value)) attributes[key] = value;
    // Texts, as VIA's own fields are.
    for (const auto& [key, value] : marks_of(annotation)) attributes[key] = value.dump();
    for (const auto& [key, value] : attributes.items())
      if (key != "class") fields_.insert(key);
    regions_.push_back(
        {{"shape_attributes", std::move(shape)}, {"region_attributes", std::move(attributes)}});
    return regions_.back()["region_attributes"];
  }

  void put_box(const Annotation& annotation, const Box& box) {
    put(annotation, {{"name", "rect"},
                     {"x", json_number(box.x0)},
                     {"y", json_number(box.y0)},
                     {"width", json_number(extent_between(box.x0, box.x1))},
                     {"height", json_number(extent_between(box.y0, box.y1))}});
  }

  void put_rings(const Annotation& annotation, const std::vector<Ring>& rings) {
    ++instance_;
    for (const auto& ring : rings) {
      auto& attributes = put(annotation, {{"name", "polygon"},
                                          {"all_points_x", coordinates(ring, true)},
                                          {"all_points_y", coordinates(ring, false)}});
      if (rings.size() < 2) continue;
      attributes["instance"] = std::to_string(instance_);
      fields_.insert("instance");
    }
  }

  void add(const Annotation& annotation) {
    const auto& shape = annotation.shape;
    if (const auto* box = std::get_if<Box>(&shape)) return put_box(annotation, *box);
    if (const auto* polygon = std::get_if<Polygon>(&shape)) return put_rings(annotation, polygon->rings);
    if (const auto* line = std::get_if<Polyline>(&shape)) {
      put(annotation, {{"name", "polyline"},
                       {"all_points_x", coordinates(line->points, true)},
                       {"all_points_y", coordinates(line->points, false)}});
      return;
    }
    if (const auto* points = std::get_if<KeyPoints>(&shape)) {
      if (points->points.size() != 1) return put_box(annotation, points->box);
      put(annotation, {{"name", "point"},
                       {"cx", json_number(points->points[0].x)},
                       {"cy", json_number(points->points[0].y)}});
      return;
    }
    if (const auto* ellipse = std::get_if<Ellipse>(&shape)) {
      ordered_json entry = {
          {"name", "ellipse"}, {"cx", json_number(ellipse->cx)}, {"cy", json_number(ellipse->cy)}};
      if (ellipse->rx == ellipse->ry && ellipse->angle_deg == 0) {
        entry["name"] = "circle";
        entry["r"] = json_number(ellipse->rx);
      } else {
        entry["rx"] = json_number(ellipse->rx);
        entry["ry"] = json_number(ellipse->ry);
        entry["theta"] = json_number(ellipse->angle_deg * std::numbers::pi / 180);
      }
      put(annotation, std::move(entry));
      return;
    }
    put_rings(annotation, outline_of(shape));
  }

  const Image& image_;
  const ClassList& classes_;
  std::set<std::string>& fields_;
  ordered_json regions_ = ordered_json::array();
  int instance_ = 0;
};

bool is_own_of_via_image(const std::string& key, const std::string& value) {
  return key == "tags" || key == "absent_tags" || is_image_mark(key, value);
}

ordered_json file_attributes(const Image& image, const ClassList& classes, std::set<std::string>& fields) {
  ordered_json attributes = ordered_json::object();
  for (const auto& [key, value] : image.attributes)
    if (!is_own_of_via_image(key, value)) attributes[key] = value;
  for (const auto& tag : image.tags)
    attributes[tag.present ? "tags" : "absent_tags"][classes[tag.class_idx].name] = true;
  // Said also where the folder would say another.
  if (image.split != Split::none || split_of_folder(image.name, {}))
    attributes["split"] = to_string(image.split);
  auto read_as = image.annotations.empty() ? ImageState::unlabelled : ImageState::done;
  if (image.state != read_as) attributes["state"] = to_string(image.state);
  for (const auto& [key, value] : attributes.items()) fields.insert(key);
  return attributes;
}

// What VIA shows fields for.
ordered_json declarations(const ClassList& classes, const std::set<std::string>& region_fields,
                          const std::set<std::string>& file_fields) {
  ordered_json options = ordered_json::object();
  for (const auto& info : classes) options[info.name] = "";
  ordered_json text = {{"type", "text"}, {"description", ""}, {"default_value", ""}};
  ordered_json regions = {{"class",
                           {{"type", "dropdown"},
                            {"description", ""},
                            {"options", options},
                            {"default_options", ordered_json::object()}}}};
  for (const auto& field : region_fields) regions[field] = text;
  ordered_json files = ordered_json::object();
  for (const auto& field : file_fields) {
    bool tags = field == "tags" || field == "absent_tags";
    files[field] = tags ? ordered_json{{"type", "checkbox"},
                                       {"description", ""},
                                       {"options", options},
                                       {"default_options", ordered_json::object()}}
                        : text;
  }
  return {{"region", std::move(regions)}, {"file", std::move(files)}};
}

void count_own_losses(const Annotation& annotation, LossReport& losses) {
  if (std::any_of(annotation.attributes.begin(), annotation.attributes.end(),
                  [](const auto& a) { return is_own_of_via(a.first, a.second) && says_something(a.second); }))
    losses.add("attributes", "lose those called like something that VIA's readers know");
  if (const auto* points = std::get_if<KeyPoints>(&annotation.shape)) {
    bool plain = points->points.size() == 1 && points->visibility == std::vector<int>{2} &&
                 points->box == box_around(points->points);
    if (!plain) losses.add("points", "become their box, or one plain point");
  }
  if (const auto* polygon = std::get_if<Polygon>(&annotation.shape); polygon && polygon->rings.size() > 1)
    losses.add("parts", "become regions that only ds takes for one object");
}

}  // namespace

NameRules via_names() {
  return {.characters = "?", .bare_classes = true};
}

WrittenDataset write_via(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  FormatHolds holds{.shapes = {"box", "polygon", "points", "polyline", "ellipse"},
                    .other_shapes = "become outlines",
                    .difficult = true,
                    .truncated = FormatHolds::exact,
                    .occluded = FormatHolds::exact,
                    .score = true,
                    .track = true,
                    .group = true,
                    .z = true,
                    .attributes = true,
                    .tags = true,
                    .absent_tags = true,
                    .image_attributes = true};
  count_losses(dataset, holds, written.losses);
  std::set<std::string> region_fields;
  std::set<std::string> file_fields;
  ordered_json images = ordered_json::object();
  ordered_json ids = ordered_json::array();
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    for (const auto& annotation : image.annotations) count_own_losses(annotation, written.losses);
    if (std::any_of(image.attributes.begin(), image.attributes.end(), [](const auto& a) {
          return is_own_of_via_image(a.first, a.second) && tells_of_image(a.first, a.second);
        }))
      written.losses.add("image-attributes", "lose those called like a mark");
    auto key = image.name + "-1";  // the name and the size in bytes, -1 when it is not known
    ids.push_back(key);
    images[key] = {{"filename", image.name},
                   {"size", -1},
                   {"regions", RegionWriter(image, dataset.classes, region_fields).regions()},
                   {"file_attributes", file_attributes(image, dataset.classes, file_fields)}};
    written.images["images/" + image.name] = i;
  }
  ordered_json root = {{"_via_settings", settings()},
                       {"_via_img_metadata", std::move(images)},
                       {"_via_attributes", declarations(dataset.classes, region_fields, file_fields)},
                       {"_via_data_format_version", "2.0.10"},
                       {"_via_image_id_list", std::move(ids)}};
  written.texts["via_project.json"] = root.dump(1) + "\n";
  return written;
}

}  // namespace ds::detail

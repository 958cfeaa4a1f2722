// Writes one LabelMe JSON file beside each image. What LabelMe has no words for stands under keys of our own,
// which it keeps when it saves a file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/hash.h"
#include "labelme/parts.h"
#include "shared/losses.h"
#include "shared/pictures/mask_pixels.h"
#include "shared/reading.h"
#include "shared/text/label_json.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace {

ordered_json pairs(const std::vector<Point>& points) {
  ordered_json list = ordered_json::array();
  for (const auto& p : points) list.push_back({json_number(p.x), json_number(p.y)});
  return list;
}

bool is_circle(const Ellipse& ellipse) {
  return ellipse.rx == ellipse.ry;
}

/// Writes the objects of one image as shapes of LabelMe's own kinds. An outline of several rings becomes
/// several polygons of one group; a group that was made for that is marked (`grouped`: false), and so that
/// two objects of one class and group are not taken for one, each polygon says which object it is
/// (`instance`).
class ShapeWriter {
 public:
  explicit ShapeWriter(const Image& image, const ClassList& classes) : image_(image), classes_(classes) {
    for (const auto& annotation : image.annotations)
      if (annotation.group_id) next_group_ = std::max(next_group_, *annotation.group_id + 1);
  }

  ordered_json shapes() {
    for (const auto& annotation : image_.annotations) add(annotation);
    return std::move(shapes_);
  }

 private:
  void add(const Annotation& annotation) {
    const auto& shape = annotation.shape;
    if (const auto* box = std::get_if<Box>(&shape)) {
      put(annotation, "rectangle", {{box->x0, box->y0}, {box->x1, box->y1}});
    } else if (const auto* rotated = std::get_if<RotatedBox>(&shape)) {
      put(annotation, "rotation", rotated->corners())["direction"] =
          json_number(std::fmod(rotated->angle_deg + 360, 360) * 0.017453292519943295);
    } else if (const auto* polygon = std::get_if<Polygon>(&shape)) {
      add_rings(annotation, polygon->rings);
    } else if (const auto* line = std::get_if<Polyline>(&shape)) {
      put(annotation, line->points.size() == 2 ? "line" : "linestrip", line->points);
    } else if (const auto* points = std::get_if<KeyPoints>(&shape)) {
      add_key_points(annotation, *points);
    } else if (const auto* ellipse = std::get_if<Ellipse>(&shape)) {
      if (is_circle(*ellipse))
        put(annotation, "circle", {{ellipse->cx, ellipse->cy}, {ellipse->cx + ellipse->rx, ellipse->cy}});
      else
        add_rings(annotation, outline_of(shape));
    } else {
      add_mask(annotation, std::get<RunLengthMask>(shape));
    }
  }

  ordered_json& put(const Annotation& annotation, const char* type, const std::vector<Point>& points) {
    ordered_json entry = {{"label", classes_[annotation.class_idx].name},
                          {"points", pairs(points)},
                          {"group_id", nullptr},
                          {"description", ""},
                          {"shape_type", type},
                          {"flags", ordered_json::object()},
                          {"mask", nullptr}};
    for (const auto& [key, value] : marks_of(annotation)) entry[key] = value;
    ordered_json attributes = ordered_json::object();
    for (const auto& [key, value] : annotation.attributes) {
      if (key == "description")
        entry["description"] = value;
      else if (key.starts_with("flags.") && (value == "true" || value == "false"))
        entry["flags"][key.substr(6)] = value == "true";
      else if (key == "kie_linking")
        entry[key] = json_attribute(value);
      else
        attributes[key] = value;
    }
    if (!attributes.empty()) entry["attributes"] = std::move(attributes);
    shapes_.push_back(std::move(entry));
    return shapes_.back();
  }

  // Parts of one object share a group. Polygons of one label in one group would be taken for parts, so ours
  // say which object they are.
  void add_rings(const Annotation& annotation, const std::vector<Ring>& rings) {
    bool needs_number = rings.size() > 1 || annotation.group_id;
    bool needs_group = rings.size() > 1 && !annotation.group_id;
    for (const auto& ring : rings) {
      auto& entry = put(annotation, "polygon", ring);
      if (needs_number) entry["instance"] = next_instance_;
      if (!needs_group) continue;
      entry["group_id"] = next_group_;
      entry["grouped"] = false;
    }
    next_instance_ += needs_number;
    next_group_ += needs_group;
  }

  void add_key_points(const Annotation& annotation, const KeyPoints& points) {
    bool plain = points.points.size() == 1 && points.visibility == std::vector<int>{2} &&
                 points.box == box_around(points.points);
    auto& entry = put(annotation, plain ? "point" : "points", points.points);
    if (plain) return;
    entry["visibility"] = points.visibility;
    entry["box"] = {json_number(points.box.x0), json_number(points.box.y0), json_number(points.box.x1),
                    json_number(points.box.y1)};
  }

  void add_mask(const Annotation& annotation, const RunLengthMask& mask) {
    auto part = mask.bounds();
    if (mask.area() == 0) part = {0, 0, 1, 1};
    put(annotation, "mask", {{part.x0, part.y0}, {part.x1 - 1, part.y1 - 1}})["mask"] =
        base64_encode(picture_of_mask(mask, part));
  }

  const Image& image_;
  const ClassList& classes_;
  ordered_json shapes_ = ordered_json::array();
  std::int64_t next_group_ = 1;
  int next_instance_ = 1;
};

// Readers take the folder for the split unless the file says another.
bool is_in_other_split(const Image& image) {
  auto said = split_of_folder(image.name, {});
  return said && *said != image.split;
}

bool has_file(const Image& image) {
  return image.state != ImageState::unlabelled || !image.annotations.empty() || !image.tags.empty() ||
         !image.attributes.empty() || is_in_other_split(image);
}

// LabelMe's own members, and the marks of an image.
bool is_own_of_labelme_image(const std::string& key, const std::string& value) {
  static const std::set<std::string> kOwn = {"version",    "flags",     "shapes",
                                             "imagePath",  "imageData", "imageHeight",
                                             "imageWidth", "lineColor", "fillColor"};
  return kOwn.contains(key) || is_image_mark(key, value) || value == "[]" || value == "{}";
}

std::string labelme_document(const Image& image, const ClassList& classes, const std::string& path) {
  ordered_json root = {{"version", "5.4.1"}, {"flags", ordered_json::object()}};
  root["shapes"] = ShapeWriter(image, classes).shapes();
  root["imagePath"] = fs::path(path).filename().string();
  root["imageData"] = nullptr;
  root["imageHeight"] = image.height;
  root["imageWidth"] = image.width;
  for (const auto& tag : image.tags)
    if (tag.present) root["flags"][classes[tag.class_idx].name] = true;
  for (const auto& [key, value] : image.attributes) {
    if (key.starts_with("flags.") && (value == "true" || value == "false"))
      root["flags"][key.substr(6)] = value == "true";
    else if (!is_own_of_labelme_image(key, value))
      root[key] = json_attribute(value);
  }
  if (image.split != Split::none || is_in_other_split(image)) root["split"] = to_string(image.split);
  if (image.state != ImageState::done) root["state"] = to_string(image.state);
  return root.dump(2) + "\n";
}

}  // namespace

NameRules labelme_names() {
  static const std::set<std::string> kTaken = {"images", "JPEGImages", "Masks", "Scribbles", "labels.txt"};
  constexpr std::size_t kLongest = 254;  // .json is longer than .jpg
  return {.taken_folder = [](const std::string& folder) { return kTaken.contains(folder); },
          .walked = true,
          .longest = kLongest,
          .bare_classes = true};
}

WrittenDataset write_labelme(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  FormatHolds holds{.shapes = {"box", "rotated-box", "polygon", "mask", "points", "polyline", "ellipse"},
                    .difficult = true,
                    .truncated = FormatHolds::exact,
                    .occluded = FormatHolds::exact,
                    .score = true,
                    .track = true,
                    .group = true,
                    .z = true,
                    .attributes = true,
                    .tags = true,
                    .image_attributes = true};
  count_losses(dataset, holds, written.losses);
  auto paths = paths_by_split(dataset);
  std::set<std::string> taken;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    for (const auto& annotation : image.annotations)
      if (const auto* ellipse = std::get_if<Ellipse>(&annotation.shape); ellipse && !is_circle(*ellipse))
        written.losses.add("ellipse", "become outlines");
    if (std::any_of(image.attributes.begin(), image.attributes.end(), [](const auto& a) {
          return is_own_of_labelme_image(a.first, a.second) && tells_of_image(a.first, a.second);
        }))
      written.losses.add("image-attributes", "lose those called like something of LabelMe's");
    written.images[paths[i]] = i;
    if (!has_file(image)) continue;
    auto labels = fs::path(paths[i]).replace_extension(".json").generic_string();
    if (!taken.insert(labels).second) taken.insert(labels = paths[i] + ".json");  // a.jpg and a.png
    written.texts[labels] = labelme_document(image, dataset.classes, paths[i]);
  }
  std::string names;
  for (const auto& info : dataset.classes) names += info.name + "\n";
  written.texts["labels.txt"] = names;
  return written;
}

}  // namespace ds::detail

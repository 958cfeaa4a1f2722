// Writes COCO instances. Annotation ids begin at 1: cocoeval takes a matched id of 0 for "no match".
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "coco/entries.h"
#include "coco/writer.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/formats/coco/options.h"
#include "shared/losses.h"

namespace ds::detail {
using nlohmann::ordered_json;

namespace {

// Whole numbers without a fraction: COCO files in the field have both.
ordered_json number(double value) {
  if (std::floor(value) == value && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

ordered_json coco_box(const Box& box) {
  return {number(box.x0), number(box.y0), number(box.width()), number(box.height())};
}

ordered_json rings_json(const std::vector<Ring>& rings) {
  auto list = ordered_json::array();
  for (const auto& ring : rings) {
    ordered_json flat = ordered_json::array();
    for (const auto& point : ring) {
      flat.push_back(number(point.x));
      flat.push_back(number(point.y));
    }
    list.push_back(std::move(flat));
  }
  return list;
}

// Of key points, which have their shape elsewhere.
constexpr const char* kOutline = "coco.segmentation";

bool is_outline(const Annotation& annotation, const std::string& text) {
  if (!std::holds_alternative<KeyPoints>(annotation.shape)) return false;
  auto value = ordered_json::parse(text, nullptr, false);
  return value.is_array() || value.is_object();
}

void add_shape(const Annotation& annotation, ordered_json& entry, ordered_json& attributes) {
  entry["bbox"] = coco_box(annotation.box());
  entry["segmentation"] = ordered_json::array();
  if (const auto* polygon = std::get_if<Polygon>(&annotation.shape)) {
    entry["segmentation"] = rings_json(polygon->rings);
  } else if (const auto* mask = std::get_if<RunLengthMask>(&annotation.shape)) {
    entry["segmentation"] = {{"size", {mask->height, mask->width}}, {"counts", encode_run_length(*mask)}};
  } else if (const auto* rotated = std::get_if<RotatedBox>(&annotation.shape)) {
    // The bbox stays the one around it, as everybody takes it; the rotation tells our reader what the corners
    // are of.
    if (std::fmod(rotated->angle_deg, 360) == 0) return;
    entry["segmentation"] = rings_json({rotated->corners()});
    attributes["rotation"] = number(rotated->angle_deg);
  } else if (std::holds_alternative<Ellipse>(annotation.shape)) {
    entry["segmentation"] = rings_json(outline_of(annotation.shape));
  } else if (const auto* points = std::get_if<KeyPoints>(&annotation.shape)) {
    ordered_json flat = ordered_json::array();
    int visible = 0;
    for (std::size_t i = 0; i < points->points.size(); ++i) {
      flat.push_back(number(points->points[i].x));
      flat.push_back(number(points->points[i].y));
      flat.push_back(points->visibility[i]);
      visible += points->visibility[i] > 0;
    }
    entry["keypoints"] = std::move(flat);
    entry["num_keypoints"] = visible;
    if (auto outline = annotation.attributes.find(kOutline);
        outline != annotation.attributes.end() && is_outline(annotation, outline->second))
      entry["segmentation"] = ordered_json::parse(outline->second);
  }
}

ordered_json annotation_entry(const Annotation& annotation, std::int64_t id, std::int64_t image_id,
                              int first_id) {
  ordered_json entry = {{"id", id}, {"image_id", image_id}, {"category_id", annotation.class_idx + first_id}};
  ordered_json attributes = ordered_json::object();
  add_shape(annotation, entry, attributes);
  bool points = std::holds_alternative<KeyPoints>(annotation.shape);
  entry["area"] =
      number(annotation.area.value_or(points ? annotation.box().area() : area_of(annotation.shape)));
  entry["iscrowd"] = annotation.crowd ? 1 : 0;
  if (annotation.ignore) entry["ignore"] = 1;
  if (annotation.score) entry["score"] = number(*annotation.score);
  auto degree = [](double value) {
    return value == 0 || value == 1 ? ordered_json(value == 1) : number(value);
  };
  if (annotation.occluded) attributes["occluded"] = degree(*annotation.occluded);
  if (annotation.truncated) attributes["truncated"] = degree(*annotation.truncated);
  if (annotation.difficult) attributes["difficult"] = true;
  if (annotation.track_id) attributes["track_id"] = *annotation.track_id;
  if (annotation.group_id) attributes["group_id"] = *annotation.group_id;
  if (annotation.z != 0) attributes["z_order"] = annotation.z;
  for (const auto& [key, value] : annotation.attributes)
    if (key != kOutline && !is_coco_attribute_of_ds(key)) attributes[key] = coco_attribute(value);
  if (!attributes.empty()) entry["attributes"] = std::move(attributes);
  return entry;
}

void count_coco_losses(const Dataset& dataset, LossReport& losses) {
  FormatHolds holds{.shapes = {"rotated-box", "polygon", "mask", "points", "ellipse"}};
  holds.crowd = holds.difficult = holds.ignore = holds.score = true;
  holds.truncated = holds.occluded = FormatHolds::exact;
  holds.track = holds.group = holds.z = holds.attributes = true;
  holds.image_attributes = holds.key_point_names = holds.supercategory = true;
  count_losses(dataset, holds, losses);
  for (const auto& image : dataset.images) {
    for (const auto& a : image.annotations) {
      if (std::holds_alternative<Ellipse>(a.shape)) losses.add("ellipse", "become outlines");
      for (const auto& [key, value] : a.attributes)
        if (says_something(value) &&
            (is_coco_attribute_of_ds(key) || (key == kOutline && !is_outline(a, value))))
          losses.add("attributes", "whose name has a meaning in COCO: left out");
    }
  }
}

// As ordered_json::dump(1) writes one tree, but entry by entry: a tree of a million boxes takes gigabytes.
class DocumentWriter {
 public:
  explicit DocumentWriter(std::ostream& out) : out_(out) {}

  void write(const Dataset& dataset, const std::vector<std::size_t>& images, int first_id) {
    buffer_ = "{\n \"info\": {\n  \"description\": \"written by ds\"\n },\n \"licenses\": [],\n";
    begin_list("categories");
    for (int i = 0; i < dataset.classes.size(); ++i) add(coco_category(dataset.classes[i], i + first_id));
    end_list(",\n");
    begin_list("images");
    std::int64_t image_id = 0;
    for (auto index : images) add(coco_image(dataset.images[index], ++image_id));
    end_list(",\n");
    begin_list("annotations");
    std::int64_t annotation_id = 0;
    image_id = 0;
    for (auto index : images) {
      ++image_id;
      for (const auto& annotation : dataset.images[index].annotations) {
        ++annotation_id;
        if (is_plain(annotation))
          add_plain(annotation, annotation_id, image_id, first_id);
        else
          add(annotation_entry(annotation, annotation_id, image_id, first_id));
      }
    }
    end_list("\n}\n");
    flush();
  }

 private:
  void begin_list(const char* name) {
    buffer_ += fmt::format(" \"{}\": [", name);
    first_ = true;
  }
  void end_list(const char* then) {
    buffer_ += first_ ? "]" : "\n ]";
    buffer_ += then;
  }
  void begin_entry() {
    constexpr std::size_t kPiece = 1 << 20;
    if (buffer_.size() > kPiece) flush();
    buffer_ += first_ ? "\n  " : ",\n  ";
    first_ = false;
  }
  void flush() {
    throw_if_stopped();
    out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.clear();
  }

  void add(const ordered_json& entry) {
    begin_entry();
    for (char c : entry.dump(1)) {
      buffer_ += c;
      if (c == '\n') buffer_ += "  ";
    }
  }

  // Nearly all annotations of detection data: written without a tree.
  static bool is_plain(const Annotation& a) {
    return std::holds_alternative<Box>(a.shape) && !a.ignore && !a.score && !a.occluded && !a.truncated &&
           !a.difficult && !a.track_id && !a.group_id && a.z == 0 && a.attributes.empty();
  }
  void add_plain(const Annotation& a, std::int64_t id, std::int64_t image_id, int first_id) {
    begin_entry();
    auto box = a.box();
    buffer_ += "{\n   \"id\": ";
    add_number(static_cast<double>(id));
    buffer_ += ",\n   \"image_id\": ";
    add_number(static_cast<double>(image_id));
    buffer_ += ",\n   \"category_id\": ";
    add_number(a.class_idx + first_id);
    const char* before = ",\n   \"bbox\": [\n    ";
    for (double value : {box.x0, box.y0, box.width(), box.height()}) {
      buffer_ += before;
      add_number(value);
      before = ",\n    ";
    }
    buffer_ += "\n   ],\n   \"segmentation\": [],\n   \"area\": ";
    add_number(a.area.value_or(box.area()));
    buffer_ += a.crowd ? ",\n   \"iscrowd\": 1\n  }" : ",\n   \"iscrowd\": 0\n  }";
  }
  void add_number(double value) {
    char text[32];
    bool whole = std::floor(value) == value && std::abs(value) < 9e15;
    auto end = whole ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(value)).ptr
                     : std::to_chars(text, text + sizeof text, value).ptr;
    buffer_.append(text, end);
  }

  std::ostream& out_;
  std::string buffer_;
  bool first_ = true;
};

std::string coco_subset(Split split) {
  return split == Split::none ? "all" : to_string(split);
}

WrittenDataset write(const Dataset& dataset, int first_id, bool one_file) {
  if (first_id < 0) throw UsageError(fmt::format("--coco-first-id is {}; it must be 0 or more", first_id));
  WrittenDataset written;
  std::map<Split, std::vector<std::size_t>> by_split;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    by_split[one_file ? Split::none : image.split].push_back(i);
    written.images["images/" + image.name] = i;
  }
  count_coco_losses(dataset, written.losses);
  for (const auto& [split, images] : by_split) {
    auto subset = coco_subset(split);
    written.streams[fmt::format("annotations/instances_{}.json", subset)] =
        [&dataset, chosen = images, first_id](std::ostream& out, const ImageBytes&) {
          DocumentWriter(out).write(dataset, chosen, first_id);
        };
  }
  return written;
}

}  // namespace

// A picture is looked for in images/<subset>/ before images/.
NameRules coco_names() {
  return {.by_suffix = false, .looked_for = [](const Image& image, const std::string& name) {
            return NameRules::Paths{name, coco_subset(image.split) + "/" + name};
          }};
}

WrittenDataset write_coco(const Dataset& dataset, const WriteOptions& options) {
  return write(dataset, options.own.of<CocoWriting>().first_id, false);
}

WrittenDataset write_coco_as_one(const Dataset& dataset, const WriteOptions& options) {
  return write(dataset, options.own.of<CocoWriting>().first_id, true);
}

}  // namespace ds::detail

// Writes Label Studio tasks and the labelling configuration that shows them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <pugixml.hpp>
#include <sstream>

#include "ds/base/text.h"
#include "label_studio/brush_rle.h"
#include "label_studio/results.h"
#include "shared/losses.h"
#include "shared/text/label_json.h"

namespace ds::detail {
using nlohmann::ordered_json;

namespace {

// What of an address would end or change it.
std::string percent_encoded(const std::string& path) {
  std::string text;
  for (char c : path) {
    auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 127 || std::string_view("%?#&+\"").find(c) != std::string_view::npos)
      text += fmt::format("%{:02X}", byte);
    else
      text += c;
  }
  return text;
}

struct Controls {
  std::set<std::string> shapes = {"rectangle"};
  std::set<std::string> fields;
  bool tags = false;
  bool absent_tags = false;
};

/// Writes one image as a task. Objects become regions of one annotation, proposals those of a prediction,
/// which Label Studio reads only where no annotation is. What it has no place for (marks, split, state)
/// stands under `meta`, where its interface leaves it alone and our reader finds it. Which controls were used
/// is collected on the way: the labelling configuration must offer exactly those.
class TaskWriter {
 public:
  TaskWriter(const Image& image, const ClassList& classes, Controls& controls)
      : image_(image), classes_(classes), controls_(controls) {}

  ordered_json task(std::size_t id) {
    ordered_json task = {{"id", id}};
    task["data"] = {{"image", "/data/local-files/?d=" + percent_encoded("images/" + image_.name)}};
    for (const auto& [key, value] : image_.attributes)
      if (key != "image") task["data"][key] = json_attribute(value);
    write_objects(false);
    write_tags();
    task["annotations"] = ordered_json::array();
    bool has_annotation = image_.state != ImageState::unlabelled || !results_.empty();
    auto read_as = ImageState::unlabelled;
    if (has_annotation) {
      bool cancelled = image_.state == ImageState::rejected;
      task["annotations"].push_back({{"id", id},
                                     {"was_cancelled", cancelled},
                                     {"ground_truth", false},
                                     {"result", std::move(results_)}});
      read_as = cancelled ? ImageState::rejected : ImageState::done;
    }
    task["predictions"] = ordered_json::array();
    if (!has_annotation) write_prediction(task["predictions"]);
    ordered_json meta = ordered_json::object();
    if (image_.split != Split::none) meta["split"] = to_string(image_.split);
    if (image_.state != read_as) meta["state"] = to_string(image_.state);
    if (!meta.empty()) task["meta"] = std::move(meta);
    return task;
  }

 private:
  double percent_x(double x) const { return x * 100 / image_.width; }
  double percent_y(double y) const { return y * 100 / image_.height; }

  void write_objects(bool proposals) {
    results_ = ordered_json::array();
    for (std::size_t i = 0; i < image_.annotations.size(); ++i) {
      const auto& annotation = image_.annotations[i];
      if (annotation.proposal == proposals) write_object(annotation, fmt::format("o{}", i + 1));
    }
  }

  void write_prediction(ordered_json& predictions) {
    auto first = std::find_if(image_.annotations.begin(), image_.annotations.end(),
                              [](const Annotation& a) { return a.proposal; });
    if (first == image_.annotations.end()) return;
    write_objects(true);
    predictions.push_back({{"model_version", first->model_id}, {"result", std::move(results_)}});
  }

  void write_tags() {
    for (bool present : {true, false}) {
      ordered_json names = ordered_json::array();
      for (const auto& tag : image_.tags)
        if (tag.present == present) names.push_back(classes_[tag.class_idx].name);
      if (names.empty()) continue;
      (present ? controls_.tags : controls_.absent_tags) = true;
      results_.push_back({{"id", present ? "tags" : "absent_tags"},
                          {"from_name", present ? "tags" : "absent_tags"},
                          {"to_name", "image"},
                          {"type", "choices"},
                          {"value", {{"choices", std::move(names)}}}});
    }
  }

  // `shape` is rectangle, polygon ...; its labels stand under `<shape>labels`.
  ordered_json& put(const Annotation& annotation, const std::string& id, const std::string& shape,
                    ordered_json value) {
    controls_.shapes.insert(shape);
    value[shape + "labels"] = {classes_[annotation.class_idx].name};
    results_.push_back({{"id", id},
                        {"from_name", shape},
                        {"to_name", "image"},
                        {"type", shape + "labels"},
                        {"original_width", image_.width},
                        {"original_height", image_.height},
                        {"image_rotation", 0},
                        {"value", std::move(value)}});
    return results_.back();
  }

  ordered_json rectangle(double x, double y, double w, double h, double rotation) const {
    return {{"x", percent_x(x)},
            {"y", percent_y(y)},
            {"width", percent_x(w)},
            {"height", percent_y(h)},
            {"rotation", json_number(rotation)}};
  }

  void write_object(const Annotation& annotation, const std::string& id) {
    auto first = results_.size();
    const auto& shape = annotation.shape;
    if (const auto* box = std::get_if<Box>(&shape)) {
      put(annotation, id, "rectangle", rectangle(box->x0, box->y0, box->width(), box->height(), 0));
    } else if (const auto* rotated = std::get_if<RotatedBox>(&shape)) {
      auto corner = rotated->corners()[0];
      put(annotation, id, "rectangle",
          rectangle(corner.x, corner.y, rotated->width, rotated->height, rotated->angle_deg));
    } else if (const auto* polygon = std::get_if<Polygon>(&shape)) {
      for (std::size_t i = 0; i < polygon->rings.size(); ++i) {
        auto& entry = put(annotation, i == 0 ? id : fmt::format("{}-{}", id, i + 1), "polygon",
                          {{"points", points_of(polygon->rings[i])}, {"closed", true}});
        if (polygon->rings.size() > 1) entry["meta"]["instance"] = id;
      }
    } else if (const auto* line = std::get_if<Polyline>(&shape)) {
      write_line(annotation, id, *line);
    } else if (const auto* ellipse = std::get_if<Ellipse>(&shape)) {
      put(annotation, id, "ellipse",
          {{"x", percent_x(ellipse->cx)},
           {"y", percent_y(ellipse->cy)},
           {"radiusX", percent_x(ellipse->rx)},
           {"radiusY", percent_y(ellipse->ry)},
           {"rotation", json_number(ellipse->angle_deg)}});
    } else if (const auto* points = std::get_if<KeyPoints>(&shape)) {
      write_key_points(annotation, id, *points);
    } else {
      put(annotation, id, "brush",
          {{"format", "rle"}, {"rle", encode_brush(std::get<RunLengthMask>(shape))}});
    }
    auto& entry = results_[first];
    for (const auto& [key, value] : marks_of(annotation)) {
      if (key == "score" && annotation.proposal)
        entry["score"] = value;
      else
        entry["meta"][key] = value;
    }
    write_attributes(annotation, id);
  }

  void write_attributes(const Annotation& annotation, const std::string& id) {
    for (const auto& [key, value] : annotation.attributes) {
      controls_.fields.insert(key);
      results_.push_back({{"id", id},
                          {"from_name", key},
                          {"to_name", "image"},
                          {"type", "textarea"},
                          {"value", {{"text", {value}}}}});
    }
  }

  ordered_json points_of(const std::vector<Point>& points) const {
    ordered_json list = ordered_json::array();
    for (const auto& p : points) list.push_back({percent_x(p.x), percent_y(p.y)});
    return list;
  }

  void write_line(const Annotation& annotation, const std::string& id, const Polyline& line) {
    ordered_json vertices = ordered_json::array();
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      ordered_json vertex = {{"id", fmt::format("{}-{}", id, i + 1)}, {"prevPointId", nullptr}};
      if (i > 0) vertex["prevPointId"] = fmt::format("{}-{}", id, i);
      vertex["x"] = percent_x(line.points[i].x);
      vertex["y"] = percent_y(line.points[i].y);
      vertex["isBezier"] = false;
      vertices.push_back(std::move(vertex));
    }
    put(annotation, id, "vector", {{"vertices", std::move(vertices)}, {"closed", false}});
  }

  // One point by itself; several hang on a rectangle, as in Label Studio's own pose datasets.
  void write_key_points(const Annotation& annotation, const std::string& id, const KeyPoints& points) {
    auto put_point = [&](const std::string& name, const Point& p) -> ordered_json& {
      return put(annotation, name, "keypoint",
                 {{"x", percent_x(p.x)}, {"y", percent_y(p.y)}, {"width", 0.5}});
    };
    bool plain = points.points.size() == 1 && points.visibility == std::vector<int>{2} &&
                 points.box == box_around(points.points);
    if (plain) {
      put_point(id, points.points[0]);
      return;
    }
    const auto& box = points.box;
    put(annotation, id, "rectangle",
        rectangle(box.x0, box.y0, box.width(), box.height(), 0))["meta"]["key_points"] = true;
    for (std::size_t i = 0; i < points.points.size(); ++i) {
      auto& entry = put_point(fmt::format("{}-{}", id, i + 1), points.points[i]);
      entry["parentID"] = id;
      entry["meta"]["visibility"] = points.visibility[i];
    }
  }

  const Image& image_;
  const ClassList& classes_;
  Controls& controls_;
  ordered_json results_ = ordered_json::array();
};

std::string configuration(const ClassList& classes, const Controls& controls) {
  pugi::xml_document document;
  auto view = document.append_child("View");
  auto add = [&](const char* tag, const std::string& name) {
    auto node = view.append_child(tag);
    node.append_attribute("name") = name.c_str();
    if (name != "image") node.append_attribute("toName") = "image";
    return node;
  };
  add("Image", "image").append_attribute("value") = "$image";
  static constexpr std::pair<const char*, const char*> kTags[] = {
      {"rectangle", "RectangleLabels"}, {"polygon", "PolygonLabels"}, {"ellipse", "EllipseLabels"},
      {"keypoint", "KeyPointLabels"},   {"brush", "BrushLabels"},     {"vector", "VectorLabels"}};
  for (const auto& [shape, tag] : kTags) {
    if (!controls.shapes.contains(shape)) continue;
    auto labels = add(tag, shape);
    for (int i = 0; i < classes.size(); ++i) {
      auto label = labels.append_child("Label");
      label.append_attribute("value") = classes[i].name.c_str();
      label.append_attribute("background") =
          (classes[i].color.empty() ? palette_color(i) : classes[i].color).c_str();
    }
  }
  for (const auto& [name, used] :
       {std::pair{"tags", controls.tags}, std::pair{"absent_tags", controls.absent_tags}}) {
    if (!used) continue;
    auto choices = add("Choices", name);
    choices.append_attribute("choice") = "multiple";
    for (const auto& info : classes)
      choices.append_child("Choice").append_attribute("value") = info.name.c_str();
  }
  for (const auto& field : controls.fields) add("TextArea", field).append_attribute("perRegion") = "true";
  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent | pugi::format_no_declaration);
  return out.str();
}

}  // namespace

WrittenDataset write_label_studio(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  FormatHolds holds{.shapes = {"box", "rotated-box", "polygon", "mask", "points", "polyline", "ellipse"},
                    .rings = true,
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
  Controls controls;
  ordered_json tasks = ordered_json::array();
  std::size_t proposals = 0;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    bool labelled = image.state != ImageState::unlabelled;
    for (const auto& annotation : image.annotations) {
      proposals += annotation.proposal && labelled;
      const auto* polygon = std::get_if<Polygon>(&annotation.shape);
      if (polygon && polygon->rings.size() > 1)
        written.losses.add("parts", "become regions that only ds takes for one object");
    }
    if (auto taken = image.attributes.find("image");
        taken != image.attributes.end() && says_something(taken->second))
      written.losses.add("image-attributes", "lose the one called image");
    written.images["images/" + image.name] = i;
    tasks.push_back(TaskWriter(image, dataset.classes, controls).task(i + 1));
  }
  written.texts["tasks.json"] = tasks.dump(1) + "\n";
  written.texts["label_config.xml"] = configuration(dataset.classes, controls);
  if (proposals > 0)
    written.notes.push_back(
        fmt::format("{} proposals on images that people have labelled are left out", proposals));
  written.notes.push_back(
      "serve the folder to Label Studio as local files: LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT is the folder "
      "that holds images/");
  return written;
}

}  // namespace ds::detail

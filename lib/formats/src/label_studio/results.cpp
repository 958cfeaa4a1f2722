// Results of a Label Studio annotation: results with one id are one region, its labels and its fields.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "label_studio/brush_rle.h"
#include "label_studio/results.h"
#include "shared/text/label_json.h"

namespace ds::detail {
using nlohmann::json;

namespace {

struct Region {
  std::string id;
  std::string pointer;          // of the result with the geometry, else of the first
  const json* shape = nullptr;  // the result with the geometry
  std::vector<std::string> labels;
  std::map<std::string, std::string> attributes;
  std::vector<std::pair<std::string, const json*>> fields;  // pointer, result
};

bool has_geometry(const json& value) {
  for (const auto* key : {"points", "rle", "vertices", "sequence", "radiusX"})
    if (value.contains(key)) return true;
  return value.contains("x") && value.contains("y");
}

std::vector<std::string> texts_in(const json& value) {
  std::vector<std::string> texts;
  if (value.is_array())
    for (const auto& element : value) texts.push_back(text_of(element));
  else if (!value.is_null())
    texts.push_back(text_of(value));
  return texts;
}

/// Puts together what a list of results says in pieces: shape, labels and fields of one region are results of
/// their own that share an id. So all are collected by id first; then regions become objects in the order of
/// their first result, and what belongs to no shape is said of the image. Our own writer's rings of one
/// outline (`instance`) and the points of one object (`parentID`) are joined again; the one they belong to
/// comes before them.
class ResultReader {
 public:
  ResultReader(int width, int height, const StudioReport& report)
      : width_(width), height_(height), report_(report) {}

  StudioResults read(const json& results, const std::string& pointer) {
    for (std::size_t i = 0; i < results.size(); ++i) collect(results[i], fmt::format("{}/{}", pointer, i));
    for (const auto& region : regions_) {
      if (region.shape == nullptr)
        read_fields_of_image(region);
      else
        read_region(region);
    }
    return std::move(found_);
  }

 private:
  void collect(const json& result, const std::string& pointer) {
    auto type = text_of(member(result, "type"));
    if (type == "relation") {
      ++found_.relations;
      return;
    }
    const auto& value = member(result, "value");
    if (!result.is_object() || !value.is_object()) {
      report_(Severity::error, "BAD_ROW", pointer, "a result needs a type and a value; left out");
      return;
    }
    auto id = result.contains("id") ? text_of(result["id"]) : std::string();
    auto [known, is_new] = id.empty() ? std::pair{by_id_.end(), true} : by_id_.emplace(id, regions_.size());
    if (is_new) regions_.push_back({.id = id, .pointer = pointer});
    auto& region = is_new ? regions_.back() : regions_[known->second];
    if (region.shape == nullptr && has_geometry(value)) {
      region.shape = &result;
      region.pointer = pointer;
    }
    bool is_label = false;
    for (const auto& [key, names] : value.items()) {
      if (!key.ends_with("labels")) continue;
      is_label = true;
      for (auto& name : texts_in(names))
        if (!name.empty() &&
            std::find(region.labels.begin(), region.labels.end(), name) == region.labels.end())
          region.labels.push_back(std::move(name));
    }
    if (!is_label) region.fields.emplace_back(pointer, &result);
  }

  // A field's value as text; nothing for controls that draw.
  static std::optional<std::string> field_text(const json& result) {
    const auto& value = result["value"];
    if (value.contains("text")) return join(texts_in(value["text"]), "\n");
    if (value.contains("choices")) return join(texts_in(value["choices"]), ", ");
    if (value.contains("taxonomy")) {
      std::vector<std::string> paths;
      for (const auto& path : value["taxonomy"]) paths.push_back(join(texts_in(path), "/"));
      return join(paths, ", ");
    }
    for (const auto* key : {"number", "rating", "datetime"})
      if (value.contains(key)) return text_of(value[key]);
    return std::nullopt;
  }

  static std::string control_of(const json& result) {
    auto name = member(result, "from_name");
    return name.is_string() ? name.get<std::string>() : text_of(member(result, "type"));
  }

  void read_fields_of_image(const Region& region) {
    for (const auto& [pointer, result] : region.fields) {
      const auto& choices = member((*result)["value"], "choices");
      if (!choices.is_null()) {
        for (auto& choice : texts_in(choices))
          if (!choice.empty()) found_.choices.push_back({control_of(*result), choice});
      } else if (auto text = field_text(*result)) {
        found_.texts.emplace_back(control_of(*result), *text);
      } else {
        report_(Severity::error, "BAD_ROW", pointer,
                fmt::format("a result of type '{}' is neither a region nor a field; left out",
                            text_of(member(*result, "type"))));
      }
    }
  }

  void read_region(const Region& region) {
    StudioResults::Object object{.labels = region.labels, .pointer = region.pointer, .id = region.id};
    auto shape = read_shape(*region.shape, region.pointer);
    if (!shape) return;
    object.annotation.shape = std::move(*shape);
    for (const auto& [pointer, result] : region.fields)
      if (auto text = field_text(*result)) object.annotation.attributes[control_of(*result)] = *text;
    const auto& meta = member(*region.shape, "meta");
    std::string part_of;
    if (meta.is_object()) {
      for (const auto& [key, value] : meta.items()) {
        if (key == "instance")
          part_of = text_of(value);
        else if (key == "text")
          object.annotation.attributes["meta.text"] = join(texts_in(value), "\n");
        else if (key != "visibility" && key != "key_points" && !take_mark(object.annotation, key, value))
          object.annotation.attributes["meta." + key] = text_of(value);
      }
    }
    if (is_true(member(meta, "key_points"))) {
      auto box = bounding_box(object.annotation.shape);
      object.annotation.shape = KeyPoints{{}, {}, box};
      key_points_[region.id] = found_.objects.size();
    }
    auto parent = key_points_.find(text_of(member(*region.shape, "parentID")));
    if (auto* point = std::get_if<KeyPoints>(&object.annotation.shape);
        point != nullptr && parent != key_points_.end()) {
      auto& whole = std::get<KeyPoints>(found_.objects[parent->second].annotation.shape);
      whole.points.push_back(point->points.at(0));
      whole.visibility.push_back(
          static_cast<int>(std::clamp(number_of(member(meta, "visibility")).value_or(2), 0.0, 2.0)));
      return;
    }
    if (region.labels.empty()) {
      report_(Severity::error, "BAD_ROW", region.pointer, "a region without a label; left out");
      return;
    }
    if (!part_of.empty() && std::holds_alternative<Polygon>(object.annotation.shape)) {
      auto [whole, is_new] = instances_.emplace(part_of, found_.objects.size());
      if (!is_new) {
        auto& rings = std::get<Polygon>(found_.objects[whole->second].annotation.shape).rings;
        rings.push_back(std::get<Polygon>(object.annotation.shape).rings[0]);
        return;
      }
    }
    found_.objects.push_back(std::move(object));
  }

  double x_of(double percent) const { return percent * width_ / 100; }
  double y_of(double percent) const { return percent * height_ / 100; }

  std::optional<Shape> read_shape(const json& result, const std::string& pointer) {
    const auto& value = result["value"];
    auto bad = [&](const std::string& code, const std::string& where, const std::string& why) {
      report_(Severity::error, code, pointer + where, why + "; left out");
      return std::nullopt;
    };
    if (value.contains("sequence"))
      return bad("VIDEO_REGION", "", "a region that moves through a video; label the frames as images");
    if (value.contains("rle")) return read_brush(result, pointer);
    if (value.contains("points") || value.contains("vertices")) {
      const auto& list = value.contains("points") ? value["points"] : value["vertices"];
      std::vector<Point> points;
      for (const auto& entry : list) {
        auto x = number_of(entry.is_array() && entry.size() == 2 ? entry[0] : member(entry, "x"));
        auto y = number_of(entry.is_array() && entry.size() == 2 ? entry[1] : member(entry, "y"));
        if (!x || !y)
          return bad("BAD_NUMBER", "/value",
                     fmt::format("found {}, expected a point of two finite numbers", entry.dump()));
        points.push_back({x_of(*x), y_of(*y)});
      }
      const auto& closed = member(value, "closed");
      bool open = closed.is_boolean() ? !closed.get<bool>() : value.contains("vertices");
      if (points.size() < (open ? 2u : 3u))
        return bad("BAD_ROW", "/value",
                   fmt::format("{} points are no {}", points.size(), open ? "line" : "outline"));
      if (open) return Polyline{std::move(points)};
      return Polygon{{std::move(points)}};
    }
    std::map<std::string, double> numbers;
    for (const auto* key : {"x", "y", "width", "height", "radiusX", "radiusY", "rotation"}) {
      if (!value.contains(key) || value[key].is_null()) continue;
      auto number = number_of(value[key]);
      if (!number)
        return bad("BAD_NUMBER", fmt::format("/value/{}", key),
                   fmt::format("found {}, expected a finite number", value[key].dump()));
      numbers[key] = *number;
    }
    if (!numbers.contains("x") || !numbers.contains("y"))
      return bad("BAD_ROW", "/value", "a region needs x and y");
    double x = x_of(numbers["x"]);
    double y = y_of(numbers["y"]);
    double angle = std::fmod(std::fmod(numbers["rotation"], 360) + 360, 360);
    if (value.contains("radiusX"))
      return Ellipse{x, y, x_of(numbers["radiusX"]), y_of(numbers["radiusY"]), angle};
    bool is_point = text_of(member(result, "type")).starts_with("keypoint") || !numbers.contains("height");
    if (is_point) return KeyPoints{{{x, y}}, {2}, {x, y, x, y}};
    return shape_of({numbers["x"], numbers["y"], numbers["width"], numbers["height"], angle}, width_,
                    height_);
  }

  std::optional<Shape> read_brush(const json& result, const std::string& pointer) {
    auto side = [&](const char* key, int otherwise) {
      auto number = number_of(member(result, key));
      return number && *number >= 1 && *number < 1e6 ? static_cast<int>(*number) : otherwise;
    };
    std::vector<std::uint8_t> bytes;
    for (const auto& value : result["value"]["rle"]) {
      auto number = integer_of(value);
      if (!number || *number < 0 || *number > 255) {
        report_(Severity::error, "BAD_SEGMENTATION", pointer + "/value/rle",
                fmt::format("found {}, expected a byte; left out", value.dump()));
        return std::nullopt;
      }
      bytes.push_back(static_cast<std::uint8_t>(*number));
    }
    try {
      return decode_brush(bytes, side("original_width", width_), side("original_height", height_));
    } catch (const DataError& error) {
      report_(Severity::error, "BAD_SEGMENTATION", pointer + "/value/rle",
              fmt::format("{}; left out", error.what()));
      return std::nullopt;
    }
  }

  int width_;
  int height_;
  const StudioReport& report_;
  StudioResults found_;
  std::vector<Region> regions_;
  std::map<std::string, std::size_t> by_id_;
  std::map<std::string, std::size_t> instances_;   // of outlines with several rings, into objects
  std::map<std::string, std::size_t> key_points_;  // regions that hold key points, into objects
};

}  // namespace

Shape shape_of(const StudioRectangle& r, int width, int height) {
  double x = r.x * width / 100;
  double y = r.y * height / 100;
  if (r.rotation == 0) return Box{x, y, (r.x + r.width) * width / 100, (r.y + r.height) * height / 100};
  // About the top-left corner, in pixels.
  double w = r.width * width / 100;
  double h = r.height * height / 100;
  double c = std::cos(r.rotation * std::numbers::pi / 180);
  double s = std::sin(r.rotation * std::numbers::pi / 180);
  return RotatedBox{x + (w * c - h * s) / 2, y + (w * s + h * c) / 2, w, h, r.rotation};
}

StudioResults read_studio_results(const json& results, const std::string& pointer, int width, int height,
                                  const StudioReport& report) {
  return ResultReader(width, height, report).read(results, pointer);
}

}  // namespace ds::detail

#include "shared/text/label_json.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "ds/base/text.h"

namespace ds::detail {
using nlohmann::json;
using nlohmann::ordered_json;

ordered_json json_number(double value) {
  if (std::floor(value) == value && std::abs(value) < 9e15) return static_cast<std::int64_t>(value);
  return value;
}

ordered_json json_attribute(const std::string& text) {
  auto value = ordered_json::parse(text, nullptr, false);
  bool typed = value.is_number() || value.is_boolean() || value.is_array() || value.is_object();
  return typed && value.dump() == text ? value : ordered_json(text);
}

std::optional<bool> truth_of(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (auto number = number_of(value)) return *number != 0;
  if (!value.is_string()) return std::nullopt;
  auto text = to_lower(value.get<std::string>());
  if (text == "true" || text == "yes") return true;
  if (text == "false" || text == "no") return false;
  return std::nullopt;
}

bool is_true(const json& value) {
  return truth_of(value).value_or(false);
}

std::optional<double> degree_of(const json& value) {
  if (auto number = number_of(value)) return number;
  auto truth = truth_of(value);
  return truth ? std::optional(*truth ? 1.0 : 0.0) : std::nullopt;
}

const json& member(const json& object, const std::string& key) {
  static const json none;
  if (!object.is_object()) return none;
  auto found = object.find(key);
  return found == object.end() ? none : *found;
}

const json& object_in(const json& object, const std::string& key) {
  static const json none = json::object();
  const auto& found = member(object, key);
  return found.is_object() ? found : none;
}

const json& list_in(const json& object, const std::string& key) {
  static const json none = json::array();
  const auto& found = member(object, key);
  return found.is_array() ? found : none;
}

std::optional<std::int64_t> integer_of(const json& value) {
  if (value.is_number_integer()) return value.get<std::int64_t>();
  auto number = number_of(value);
  if (!number || std::floor(*number) != *number || std::abs(*number) > 9e15) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::optional<std::vector<double>> numbers_of(const json& value) {
  if (!value.is_array()) return std::nullopt;
  std::vector<double> numbers;
  for (const auto& element : value) {
    auto number = number_of(element);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

bool take_mark(Annotation& annotation, const std::string& key, const json& value) {
  auto take = [](auto& mark, const auto& found) {
    if (found) mark = *found;
    return found.has_value();
  };
  if (key == "crowd" || key == "is_crowd") return take(annotation.crowd, truth_of(value));
  if (key == "ignore") return take(annotation.ignore, truth_of(value));
  if (key == "difficult") return take(annotation.difficult, truth_of(value));
  if (key == "truncated") return take(annotation.truncated, degree_of(value));
  if (key == "occluded") return take(annotation.occluded, degree_of(value));
  if (key == "score") return take(annotation.score, number_of(value));
  if (key == "track_id") return take(annotation.track_id, integer_of(value));
  if (key == "group_id") return take(annotation.group_id, integer_of(value));
  if (key != "z_order" || !integer_of(value)) return false;
  annotation.z = static_cast<int>(*integer_of(value));
  return true;
}

bool is_mark(const std::string& key, const json& value) {
  Annotation probe;
  return take_mark(probe, key, value);
}

std::vector<std::pair<std::string, ordered_json>> marks_of(const Annotation& annotation) {
  std::vector<std::pair<std::string, ordered_json>> marks;
  if (annotation.crowd) marks.emplace_back("crowd", true);
  if (annotation.ignore) marks.emplace_back("ignore", true);
  if (annotation.difficult) marks.emplace_back("difficult", true);
  if (annotation.truncated) marks.emplace_back("truncated", json_number(*annotation.truncated));
  if (annotation.occluded) marks.emplace_back("occluded", json_number(*annotation.occluded));
  if (annotation.score) marks.emplace_back("score", json_number(*annotation.score));
  if (annotation.track_id) marks.emplace_back("track_id", *annotation.track_id);
  if (annotation.group_id) marks.emplace_back("group_id", *annotation.group_id);
  if (annotation.z != 0) marks.emplace_back("z_order", annotation.z);
  return marks;
}

bool take_image_mark(Image& image, const std::string& key, const json& value) {
  if (!value.is_string()) return false;
  auto text = value.get<std::string>();
  auto is_one_of = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), text) != names.end();
  };
  if (key == "state" && is_one_of(image_state_names()))
    image.state = image_state_from_string(text);
  else if (key == "split" && is_one_of(split_names()))
    image.split = split_from_string(text);
  else
    return false;
  return true;
}

bool is_image_mark(const std::string& key, const json& value) {
  Image probe;
  return take_image_mark(probe, key, value);
}

double extent_between(double first, double last) {
  double extent = last - first;
  while (first + extent < last) extent = std::nextafter(extent, INFINITY);
  while (first + extent > last) extent = std::nextafter(extent, -INFINITY);
  return extent;
}

std::optional<RotatedBox> rotated_box_of(const std::vector<Point>& corners) {
  if (corners.size() != 4) return std::nullopt;
  auto p = corners;
  // Drawn against the clock: the same rectangle with its second and fourth corner exchanged.
  double turn = (p[1].x - p[0].x) * (p[3].y - p[0].y) - (p[1].y - p[0].y) * (p[3].x - p[0].x);
  if (turn < 0) std::swap(p[1], p[3]);
  RotatedBox box;
  for (const auto& point : p) {
    box.cx += point.x / 4;
    box.cy += point.y / 4;
  }
  box.width =
      (std::hypot(p[1].x - p[0].x, p[1].y - p[0].y) + std::hypot(p[2].x - p[3].x, p[2].y - p[3].y)) / 2;
  box.height =
      (std::hypot(p[3].x - p[0].x, p[3].y - p[0].y) + std::hypot(p[2].x - p[1].x, p[2].y - p[1].y)) / 2;
  box.angle_deg = std::atan2(p[1].y - p[0].y, p[1].x - p[0].x) * 180 / std::numbers::pi;
  if (box.angle_deg < 0) box.angle_deg += 360;
  auto made = box.corners();
  double slack = std::max(0.5, 0.01 * std::max(box.width, box.height));
  for (std::size_t i = 0; i < 4; ++i)
    if (std::hypot(made[i].x - p[i].x, made[i].y - p[i].y) > slack) return std::nullopt;
  return box;
}

std::vector<std::string> paths_by_split(const Dataset& dataset) {
  std::vector<std::string> paths;
  std::set<std::string> taken;
  for (const auto& image : dataset.images) {
    auto folder = image.split == Split::none ? "" : to_string(image.split) + "/";
    auto path = image.name.starts_with(folder) ? image.name : folder + image.name;
    while (!taken.insert(path).second) path = (folder.empty() ? "other/" : folder) + path;
    paths.push_back(path);
  }
  return paths;
}

}  // namespace ds::detail

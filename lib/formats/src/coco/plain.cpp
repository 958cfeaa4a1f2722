#include "coco/plain.h"

#include <algorithm>
#include <cmath>

#include "coco/json_lists.h"

namespace ds::detail {
namespace ondemand = simdjson::ondemand;

namespace {

bool read_box(ondemand::value value, Box& box) {
  ondemand::array array;
  if (value.get_array().get(array)) return false;
  double numbers[4];
  int count = 0;
  for (auto element : array)
    if (count == 4 || element.get_double().get(numbers[count++])) return false;
  box = xywh_to_xyxy(numbers[0], numbers[1], numbers[2], numbers[3]);
  return count == 4;
}

bool is_empty_list(ondemand::value value) {
  ondemand::array array;
  bool empty = false;
  return !value.get_array().get(array) && !array.is_empty().get(empty) && empty;
}

bool is_at_end(ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// What read_coco_annotation keeps or complains about is not plain.
bool is_area_of(const Box& box, double declared) {
  return std::abs(declared - box.area()) <= 1e-6 * std::max(1.0, box.area());
}

}  // namespace

std::optional<std::string_view> JsonText::member(std::string_view text, std::string_view key) {
  ondemand::document document;
  ondemand::object object;
  if (parser_.iterate(padded(text)).get(document) || document.get_object().get(object)) return std::nullopt;
  std::optional<std::string_view> found;
  for (auto field : object) {
    std::string_view name, value;
    if (field.unescaped_key().get(name)) return std::nullopt;
    if (name != key) continue;
    if (field.value().get_string().get(value)) return std::nullopt;
    found = value;
  }
  return found;
}

std::optional<PlainCocoReader::Entry> PlainCocoReader::read(std::string_view text) {
  ondemand::document document;
  ondemand::object object;
  if (parser_.iterate(padded(text)).get(document) || document.get_object().get(object)) return std::nullopt;
  Entry entry;
  Box box;
  std::optional<double> area;
  bool has_box = false, has_image = false, has_category = false;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    std::int64_t number = 0;
    if (field.unescaped_key().get(key) || field.value().get(value)) return std::nullopt;
    if (key == "bbox") {
      if (!(has_box = read_box(value, box))) return std::nullopt;
    } else if (key == "area") {
      if (value.get_double().get(area.emplace())) return std::nullopt;
    } else if (key == "segmentation") {
      if (!is_empty_list(value)) return std::nullopt;
    } else if (value.get_int64().get(number)) {
      return std::nullopt;
    } else if (key == "id") {
      entry.id = std::to_string(number);
    } else if (key == "image_id") {
      entry.image_id = number;
      has_image = true;
    } else if (key == "category_id") {
      entry.category_id = number;
      has_category = true;
    } else if (key == "iscrowd") {
      entry.annotation.crowd = number != 0;
    } else {
      return std::nullopt;
    }
  }
  bool whole = has_box && has_image && has_category && is_at_end(document);
  if (!whole || (area && !is_area_of(box, *area))) return std::nullopt;
  entry.annotation.shape = box;
  return entry;
}

}  // namespace ds::detail

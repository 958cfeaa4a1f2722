#include "text/json_text.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"

namespace ds::detail {
namespace {

class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
    return out_;
  }
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) append_json_string(key(name), value);
  }
  void flag(std::string_view name, bool value) {
    if (value) key(name) += "true";
  }
  void integer(std::string_view name, std::int64_t value) { key(name) += std::to_string(value); }
  void number(std::string_view name, const std::optional<double>& value) {
    if (value) append_json_number(key(name), *value);
  }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

std::optional<double> optional_number(const nlohmann::json& json, const char* key) {
  auto found = json.find(key);
  return found == json.end() ? std::nullopt : std::optional(found->get<double>());
}
std::optional<std::int64_t> optional_integer(const nlohmann::json& json, const char* key) {
  auto found = json.find(key);
  return found == json.end() ? std::nullopt : std::optional(found->get<std::int64_t>());
}

nlohmann::json parse_stored(std::string_view text) {
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object())
    throw DataError("the index holds a text that is no JSON object: " + std::string(text.substr(0, 80)),
                    "it has been changed by hand or is damaged; restore it from a backup");
  return json;
}

Shape shape_of(const nlohmann::json& json) {
  if (auto box = json.find("box"); box != json.end() && json.size() == 1) {
    if (box->size() != 4) throw DataError("a box needs 4 numbers: x0, y0, x1, y1");
    return Box{(*box)[0].get<double>(), (*box)[1].get<double>(), (*box)[2].get<double>(),
               (*box)[3].get<double>()};
  }
  return shape_from_json(json.dump());
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  bool plain = true;
  for (char c : text)
    plain = plain && static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && c > 0;
  if (plain) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  out += nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void append_json_number(std::string& out, double value) {
  if (!std::isfinite(value)) throw DataError("a number of an annotation is not finite");
  char buffer[32];
  // Minus zero and zero are the same place.
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value == 0 ? 0.0 : value).ptr;
  out.append(buffer, end);
}

void append_shape_json(std::string& out, const Shape& shape) {
  const auto* box = std::get_if<Box>(&shape);
  if (box == nullptr) {
    out += shape_to_json(shape);
    return;
  }
  out += "{\"box\":[";
  append_json_number(out, box->x0);
  for (double value : {box->y0, box->x1, box->y1}) {
    out += ',';
    append_json_number(out, value);
  }
  out += "]}";
}

void append_annotation_json(std::string& out, const Annotation& a, AnnotationJson part,
                            const ClassInfo* class_info) {
  bool all = part != AnnotationJson::evaluation;
  bool journal = part == AnnotationJson::journal;
  ObjectWriter json(out);
  json.number("area", a.area);
  if (all && !a.attributes.empty()) json.key("attributes") += attributes_to_json(a.attributes);
  if (class_info == nullptr) {
    json.integer("class", a.class_idx);
  } else {
    json.text("class", class_info->name);
    json.integer("class_id", class_info->id);
  }
  json.flag("crowd", a.crowd);
  json.flag("difficult", a.difficult);
  if (journal) json.text("file", a.provenance.file);
  if (all && a.group_id) json.integer("group", *a.group_id);
  if (journal) json.integer("id", a.id);
  json.flag("ignore", a.ignore);
  if (all) json.text("model", a.model_id);
  if (all) json.number("occluded", a.occluded);
  if (journal) json.text("original_id", a.provenance.original_id);
  if (journal) json.text("place", a.provenance.place);
  if (all) json.flag("proposal", a.proposal);
  if (all) json.number("score", a.score);
  append_shape_json(json.key("shape"), a.shape);
  if (all && a.source != Source::manual) json.text("source", to_string(a.source));
  if (all && a.track_id) json.integer("track", *a.track_id);
  if (all) json.number("truncated", a.truncated);
  if (all && a.z != 0) json.integer("z", a.z);
  json.close();
}

Annotation annotation_from_json(const nlohmann::json& json, int class_idx) {
  Annotation a;
  a.class_idx = class_idx;
  a.shape = shape_of(json.at("shape"));
  a.id = json.value("id", std::int64_t{0});
  a.crowd = json.value("crowd", false);
  a.difficult = json.value("difficult", false);
  a.ignore = json.value("ignore", false);
  a.truncated = optional_number(json, "truncated");
  a.occluded = optional_number(json, "occluded");
  a.score = optional_number(json, "score");
  a.area = optional_number(json, "area");
  a.track_id = optional_integer(json, "track");
  a.group_id = optional_integer(json, "group");
  a.z = json.value("z", 0);
  if (json.contains("source")) a.source = source_from_string(json["source"].get<std::string>());
  if (json.contains("model")) a.model_id = json["model"].get<std::string>();
  a.proposal = json.value("proposal", false);
  if (json.contains("attributes"))
    a.attributes = json["attributes"].get<std::map<std::string, std::string>>();
  if (json.contains("file")) a.provenance.file = json["file"].get<std::string>();
  if (json.contains("place")) a.provenance.place = json["place"].get<std::string>();
  if (json.contains("original_id")) a.provenance.original_id = json["original_id"].get<std::string>();
  return a;
}

std::string metrics_to_json(const std::map<std::string, double>& metrics) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, value] : metrics) json[name] = value;  // nlohmann writes null for NaN
  return json.dump();
}

std::map<std::string, double> metrics_from_json(const std::string& text) {
  std::map<std::string, double> metrics;
  auto json = parse_stored(text);
  for (const auto& [name, value] : json.items())
    metrics[name] = value.is_number() ? value.get<double>() : std::nan("");
  return metrics;
}

std::string attributes_to_json(const std::map<std::string, std::string>& attributes) {
  return nlohmann::json(attributes).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string key_points_to_json(const std::vector<std::string>& key_points) {
  return nlohmann::json(key_points).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::vector<std::string> key_points_from_json(std::string_view text) {
  return nlohmann::json::parse(text).get<std::vector<std::string>>();
}

std::string skeleton_to_json(const std::vector<std::pair<int, int>>& skeleton) {
  return nlohmann::json(skeleton).dump();
}

std::vector<std::pair<int, int>> skeleton_from_json(std::string_view text) {
  return nlohmann::json::parse(text).get<std::vector<std::pair<int, int>>>();
}

std::string tags_to_json(const std::vector<ImageTag>& tags, const ClassList* classes) {
  std::string out = "[";
  for (const auto& tag : tags) {
    if (out.size() > 1) out += ',';
    ObjectWriter json(out);
    if (classes == nullptr) {
      json.integer("class", tag.class_idx);
    } else {
      json.text("class", (*classes)[tag.class_idx].name);
      json.integer("class_id", (*classes)[tag.class_idx].id);
    }
    if (!tag.present) json.key("present") += "false";
    json.close();
  }
  return out + "]";
}

std::map<std::string, std::string> attributes_from_json(std::string_view text) {
  std::map<std::string, std::string> attributes;
  auto json = parse_stored(text);
  for (const auto& [name, value] : json.items())
    attributes[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return attributes;
}

}  // namespace ds::detail

#include "snapshots/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "files/format.h"
#include "text/json_text.h"

namespace ds::detail {
namespace {

std::string sorted_list(const Image& image, AnnotationJson part) {
  std::vector<std::string> texts;
  for (const auto& annotation : image.annotations) {
    if (annotation.proposal) continue;
    append_annotation_json(texts.emplace_back(), annotation, part);
  }
  std::sort(texts.begin(), texts.end());
  return "[" + join(texts, ",") + "]";
}

ClassList parse_header(const nlohmann::json& json) {
  if (json.at("format").get<int>() > kFormat)
    throw DataError(fmt::format("the snapshot has format {}; this version of ds reads format {}",
                                json["format"].get<int>(), kFormat),
                    "update ds");
  ClassList classes;
  for (const auto& item : json.at("classes"))
    classes.add({.name = item.at("name").get<std::string>(),
                 .supercategory = item.value("supercategory", std::string()),
                 .key_points = item.value("key_points", std::vector<std::string>()),
                 .skeleton = item.value("skeleton", std::vector<std::pair<int, int>>())});
  return classes;
}

Image parse_image(const nlohmann::json& json) {
  Image image;
  image.name = json.at("name").get<std::string>();
  image.sha256 = json.at("sha256").get<std::string>();
  image.width = json.at("width").get<int>();
  image.height = json.at("height").get<int>();
  image.raw_width = json.value("raw_width", image.width);
  image.raw_height = json.value("raw_height", image.height);
  image.orientation = json.value("orientation", 1);
  image.group = json.value("group", std::string());
  if (json.contains("time_s")) image.time_s = json["time_s"].get<double>();
  image.split = split_from_string(json.at("split").get<std::string>());
  image.state = image_state_from_string(json.at("state").get<std::string>());
  if (json.contains("attributes"))
    image.attributes = json["attributes"].get<std::map<std::string, std::string>>();
  if (json.contains("tags"))
    for (const auto& tag : json["tags"])
      image.tags.push_back({.class_idx = tag.at("class").get<int>(), .present = tag.value("present", true)});
  const auto& annotations = json.at("annotations");
  image.annotations.reserve(annotations.size());
  for (const auto& item : annotations)
    image.annotations.push_back(annotation_from_json(item, item.at("class").get<int>()));
  return image;
}

/// The line's own split without parsing it: no member after it holds a text of that key, so
/// the last one counts.
bool is_of_split(std::string_view line, Split split) {
  constexpr std::string_view kKey = "\"split\":\"";
  auto at = line.rfind(kKey);
  return at == std::string_view::npos || line.substr(at + kKey.size()).starts_with(to_string(split) + "\"");
}

}  // namespace

namespace {

template <typename Parse>
auto located(std::string_view line, const std::filesystem::path& file, std::int64_t line_number,
             const Parse& parse) {
  try {
    return parse(nlohmann::json::parse(line));
  } catch (const nlohmann::json::exception& error) {
    throw FormatError({.path = file, .line = line_number}, error.what());
  } catch (const FormatError&) {
    throw;
  } catch (const Error& error) {
    throw FormatError({.path = file, .line = line_number}, error.what(), error.advice());
  }
}

}  // namespace

ClassList parse_manifest_header(std::string_view line, const std::filesystem::path& file) {
  return located(line, file, 1, parse_header);
}

Image parse_manifest_line(std::string_view line, const std::filesystem::path& file,
                          std::int64_t line_number) {
  return located(line, file, line_number, parse_image);
}

std::string name_in_line(std::string_view line) {
  // What follows the name has no member of that key; in a text its quotes would be escaped.
  constexpr std::string_view kKey = "\"name\":\"";
  auto start = line.rfind(kKey);
  if (start == std::string_view::npos) return {};
  start += kKey.size();
  auto end = start;
  while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
  auto text = line.substr(start, end - start);
  if (text.find('\\') == std::string_view::npos) return std::string(text);
  return nlohmann::json::parse("\"" + std::string(text) + "\"").get<std::string>();
}

namespace {

// Of a text without escapes that stands behind the name.
std::string plain_text_in_line(std::string_view line, std::string_view key) {
  auto start = line.rfind(key);
  if (start == std::string_view::npos) return {};
  start += key.size();
  return std::string(line.substr(start, line.find('"', start) - start));
}

}  // namespace

std::string state_in_line(std::string_view line) {
  return plain_text_in_line(line, "\"state\":\"");
}

std::string sha256_in_line(std::string_view line) {
  return plain_text_in_line(line, "\"sha256\":\"");
}

std::string manifest_header(const ClassList& classes) {
  std::string out = "{\"classes\":[";
  for (const auto& info : classes) {
    if (out.back() != '[') out += ',';
    out += '{';
    if (!info.key_points.empty()) out += "\"key_points\":" + key_points_to_json(info.key_points) + ",";
    out += "\"name\":";
    append_json_string(out, info.name);
    if (!info.skeleton.empty()) out += ",\"skeleton\":" + skeleton_to_json(info.skeleton);
    if (!info.supercategory.empty()) {
      out += ",\"supercategory\":";
      append_json_string(out, info.supercategory);
    }
    out += '}';
  }
  return out + fmt::format("],\"format\":{}}}", kFormat);
}

std::string manifest_line(const Image& image) {
  std::string out = "{\"annotations\":" + sorted_list(image, AnnotationJson::content);
  if (!image.attributes.empty()) out += ",\"attributes\":" + attributes_to_json(image.attributes);
  if (!image.group.empty()) {
    out += ",\"group\":";
    append_json_string(out, image.group);
  }
  out += fmt::format(",\"height\":{},\"name\":", image.height);
  append_json_string(out, image.name);
  if (image.orientation != 1) out += fmt::format(",\"orientation\":{}", image.orientation);
  if (image.raw_height != image.height) out += fmt::format(",\"raw_height\":{}", image.raw_height);
  if (image.raw_width != image.width) out += fmt::format(",\"raw_width\":{}", image.raw_width);
  out += fmt::format(",\"sha256\":\"{}\",\"split\":\"{}\",\"state\":\"{}\"", image.sha256,
                     to_string(image.split), to_string(image.state));
  if (!image.tags.empty()) out += ",\"tags\":" + tags_to_json(image.tags);
  if (image.time_s) {
    out += ",\"time_s\":";
    append_json_number(out, *image.time_s);
  }
  return out + fmt::format(",\"width\":{}}}", image.width);
}

Dataset parse_manifest(const std::string& text, const std::filesystem::path& file,
                       std::optional<Split> split) {
  Dataset dataset;
  std::int64_t line_number = 0;
  for (std::size_t start = 0; start < text.size();) {
    auto end = std::min(text.find('\n', start), text.size());
    std::string_view line(text.data() + start, end - start);
    start = end + 1;
    ++line_number;
    if (line_number > 1 && split && !is_of_split(line, *split)) continue;
    if (line_number == 1)
      dataset.classes = parse_manifest_header(line, file);
    else
      dataset.images.push_back(parse_manifest_line(line, file, line_number));
  }
  if (line_number == 0) throw FormatError({.path = file}, "the manifest is empty");
  return dataset;
}

std::string evaluation_line(const Image& image) {
  return fmt::format("{} {}x{} {}\n", image.sha256, image.width, image.height,
                     sorted_list(image, AnnotationJson::evaluation));
}

}  // namespace ds::detail

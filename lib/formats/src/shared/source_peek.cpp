#include "shared/source_peek.h"

#include <simdjson.h>

#include <algorithm>
#include <set>

#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "shared/reading.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

std::vector<std::string> keys_of(simdjson::ondemand::object object) {
  std::vector<std::string> keys;
  for (auto field : object) {
    std::string_view key;
    if (field.unescaped_key().get(key)) break;
    keys.emplace_back(key);
  }
  return keys;
}

JsonOutline outline_of_json(const fs::path& file) {
  JsonOutline outline;
  simdjson::padded_string text;
  if (simdjson::padded_string::load(file.string()).get(text)) return outline;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  if (!simdjson::validate_utf8(text.data(), text.size())) text = glance_at_label_text(file);
  auto content = without_mark(text);
  simdjson::padded_string_view padded(content.data(), content.size(),
                                      content.size() + simdjson::SIMDJSON_PADDING);
  if (parser.iterate(padded).get(document)) return outline;
  simdjson::ondemand::json_type type;
  if (document.type().get(type)) return outline;
  simdjson::ondemand::object object;
  if (type == simdjson::ondemand::json_type::object) {
    outline.is_object = true;
    if (!document.get_object().get(object)) outline.keys = keys_of(object);
  } else if (type == simdjson::ondemand::json_type::array) {
    outline.is_array = true;
    simdjson::ondemand::array array;
    if (document.get_array().get(array)) return outline;
    for (auto element : array) {
      if (!element.get_object().get(object)) outline.keys = keys_of(object);
      break;
    }
  }
  return outline;
}

}  // namespace

bool JsonOutline::has(const std::string& key) const {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

SourcePeek::SourcePeek(fs::path path) : path_(std::move(path)), is_folder_(fs::is_directory(path_)) {}

const std::vector<fs::path>& SourcePeek::files(const std::string& suffix) const {
  if (!walked_) {
    for (auto& file : files_below(path_, [](const fs::path&) { return true; }))
      by_suffix_[to_lower(file.extension().string())].push_back(file);
    walked_ = true;
  }
  return by_suffix_[suffix];
}

std::vector<std::string> SourcePeek::suffixes() const {
  files("");
  std::vector<std::string> all;
  for (const auto& [suffix, found] : by_suffix_)
    if (!found.empty()) all.push_back(suffix);
  return all;
}

std::vector<fs::path> SourcePeek::few(const std::string& suffix, int max_depth) const {
  constexpr std::size_t kFew = 20;
  std::vector<fs::path> chosen;
  for (const auto& file : files(suffix)) {
    if (depth_of(file) > max_depth) continue;
    chosen.push_back(file);
    if (chosen.size() == kFew) break;
  }
  return chosen;
}

bool SourcePeek::has_texts_beside_pictures() const {
  std::set<fs::path> pictures;
  for (const auto& suffix : suffixes())
    if (has_image_suffix("a" + suffix))
      for (auto file : files(suffix)) pictures.insert(file.replace_extension());
  const auto& texts = files(".txt");
  return std::any_of(texts.begin(), texts.end(),
                     [&](fs::path file) { return pictures.contains(file.replace_extension()); });
}

const JsonOutline& SourcePeek::json(const fs::path& file) const {
  auto [known, is_new] = outlines_.emplace(file, JsonOutline{});
  if (is_new) known->second = outline_of_json(file);
  return known->second;
}

std::string SourcePeek::head(const fs::path& file) const {
  return head_of(file, 4096);
}

int SourcePeek::depth_of(const fs::path& file) const {
  if (!is_folder_) return 0;
  auto below = file.lexically_relative(path_);
  return static_cast<int>(std::distance(below.begin(), below.end())) - 1;
}

std::string SourcePeek::shown(const fs::path& file) const {
  return file.lexically_proximate(is_folder_ ? path_ : path_.parent_path()).string();
}

}  // namespace ds::detail

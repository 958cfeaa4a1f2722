#include "coco/entries.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "shared/text/json_file.h"

namespace ds::detail {
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

constexpr const char* kImageMembers[] = {"id", "file_name", "width", "height", "reviewed", "attributes"};
constexpr const char* kOfficialMembers[] = {"license", "flickr_url", "coco_url", "date_captured"};

template <std::size_t N>
bool is_one_of(const char* const (&names)[N], const std::string& key) {
  return std::any_of(std::begin(names), std::end(names), [&](const char* name) { return key == name; });
}

// Exporters fill these in with "" and 0 when there is nothing to say.
bool says_nothing(const json& value) {
  return !value.is_primitive() || value.is_null() || (value.is_string() && value.get<std::string>().empty());
}

}  // namespace

ClassInfo read_coco_category(const json& entry) {
  ClassInfo info{.name = text_of(entry.at("name"))};
  if (auto super = entry.find("supercategory"); super != entry.end() && super->is_string())
    info.supercategory = super->get<std::string>();
  auto names = entry.find("keypoints");
  if (names != entry.end() && names->is_array())
    for (const auto& name : *names) info.key_points.push_back(text_of(name));
  auto skeleton = entry.find("skeleton");
  if (skeleton == entry.end() || !skeleton->is_array()) return info;
  for (const auto& bone : *skeleton) {
    if (!bone.is_array() || bone.size() != 2) continue;
    auto from = number_of(bone[0]);
    auto to = number_of(bone[1]);
    auto known = [&](const std::optional<double>& point) {
      return point && *point >= 1 && *point <= static_cast<double>(info.key_points.size());
    };
    if (known(from) && known(to))
      info.skeleton.emplace_back(static_cast<int>(*from) - 1, static_cast<int>(*to) - 1);
  }
  return info;
}

ordered_json coco_category(const ClassInfo& info, int id) {
  ordered_json entry = {{"id", id}, {"name", info.name}, {"supercategory", info.supercategory}};
  if (info.key_points.empty()) return entry;
  entry["keypoints"] = info.key_points;
  entry["skeleton"] = ordered_json::array();
  for (const auto& [from, to] : info.skeleton) entry["skeleton"].push_back({from + 1, to + 1});
  return entry;
}

void read_coco_image_extras(const json& entry, Image& image) {
  for (const auto& [key, value] : entry.items()) {
    if (is_one_of(kImageMembers, key) || says_nothing(value)) continue;
    if (is_one_of(kOfficialMembers, key) && value.is_number() && value.get<double>() == 0) continue;
    image.attributes[key] = text_of(value);
  }
  if (auto attributes = entry.find("attributes"); attributes != entry.end() && attributes->is_object())
    for (const auto& [key, value] : attributes->items()) image.attributes[key] = text_of(value);
  if (auto reviewed = entry.find("reviewed"); reviewed != entry.end() && *reviewed == true)
    image.state = ImageState::done;
}

ordered_json coco_image(const Image& image, std::int64_t id) {
  ordered_json entry = {
      {"id", id}, {"file_name", image.name}, {"width", image.width}, {"height", image.height}};
  ordered_json attributes = ordered_json::object();
  for (const auto& [key, text] : image.attributes) {
    bool official = is_one_of(kOfficialMembers, key) && !text.empty() && text != "0";
    (official ? entry : attributes)[key] = coco_attribute(text);
  }
  if (!attributes.empty()) entry["attributes"] = std::move(attributes);
  if (image.annotations.empty() && image.state != ImageState::unlabelled) entry["reviewed"] = true;
  return entry;
}

ordered_json coco_attribute(const std::string& text) {
  auto value = ordered_json::parse(text, nullptr, false);
  bool same = (value.is_number() || value.is_boolean()) && value.dump() == text;
  return same ? value : ordered_json(text);
}

bool is_coco_attribute_of_ds(const std::string& key) {
  static constexpr const char* kOwn[] = {"rotation", "occluded", "truncated", "difficult",
                                         "track_id", "group_id", "z_order"};
  return is_one_of(kOwn, key);
}

}  // namespace ds::detail

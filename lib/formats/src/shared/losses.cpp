#include "shared/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/text.h"

namespace ds {

void LossReport::add(const std::string& kind, const std::string& what, std::size_t count) {
  auto& loss = kinds[kind];
  loss.count += count;
  loss.what = what;
}

std::string LossReport::to_string() const {
  std::vector<std::string> parts;
  for (const auto& [kind, loss] : kinds)
    parts.push_back(fmt::format("{} {} ({})", loss.count, kind, loss.what));
  return join(parts, ", ");
}

const std::map<std::string, std::string>& loss_kinds() {
  static const std::map<std::string, std::string> kinds = {
      {"absent-tag", "that a class was looked for and is not on the image"},
      {"box", "the shape"},
      {"attributes", "an object's attributes"},
      {"classes", "classes that nothing uses, and the order of the classes"},
      {"crowd", "that a region is a crowd, to be ignored"},
      {"difficult", "that an object is difficult"},
      {"ellipse", "the shape"},
      {"fraction", "parts of a pixel"},
      {"group", "which objects belong together"},
      {"ignore", "that an object does not count"},
      {"image-attributes", "an image's attributes"},
      {"key-point-names", "names and skeleton of key points"},
      {"mask", "the shape"},
      {"name", "the image's or class's name as it was"},
      {"occluded", "whether, or how much, an object is hidden"},
      {"outside", "what lies outside the image"},
      {"parts", "the several rings of one outline"},
      {"points", "the key points"},
      {"polygon", "the shape"},
      {"polyline", "the shape"},
      {"rotated-box", "the rotation"},
      {"score", "the score"},
      {"split", "train, val or test"},
      {"state", "whether an image without objects was looked at"},
      {"supercategory", "the class's supercategory"},
      {"tag", "a class said of the image as a whole"},
      {"track", "the track"},
      {"truncated", "whether, or how much, an object is cut off"},
      {"z", "the order in depth"},
      {"zero-size", "a box without area"},
  };
  return kinds;
}

namespace detail {

namespace {

void count_object(const Annotation& a, const FormatHolds& holds, LossReport& losses) {
  auto kind = kind_name(a.shape);
  if (kind != "box" && !holds.shapes.contains(kind)) losses.add(kind, holds.other_shapes);
  const auto* polygon = std::get_if<Polygon>(&a.shape);
  if (polygon && holds.shapes.contains(kind) && !holds.rings && polygon->rings.size() > 1)
    losses.add("parts", "become one ring");
  auto scale = [&](const char* what, const std::optional<double>& value, FormatHolds::Scale kept) {
    if (!value || *value == 0) return;  // 0 is what everybody takes an unknown one for
    if (kept == FormatHolds::nothing) losses.add(what, "lose it");
    if (kept == FormatHolds::yes_or_no && *value != 1) losses.add(what, "become yes or no");
  };
  scale("truncated", a.truncated, holds.truncated);
  scale("occluded", a.occluded, holds.occluded);
  if (a.crowd && !holds.crowd) losses.add("crowd", "become ordinary objects");
  if (a.difficult && !holds.difficult) losses.add("difficult", "lose the mark");
  // Boxes without area are to be ignored whoever reads them.
  if (a.ignore && !holds.ignore && is_proper(a.box())) losses.add("ignore", "lose the mark");
  if (a.score && !holds.score) losses.add("score", "lose it");
  if (a.track_id && !holds.track) losses.add("track", "lose it");
  if (a.group_id && !holds.group) losses.add("group", "lose it");
  if (a.z != 0 && !holds.z) losses.add("z", "lose it");
  if (!holds.attributes && says_something(a.attributes)) losses.add("attributes", "lose them");
}

void count_classes(const Dataset& dataset, const FormatHolds& holds, LossReport& losses) {
  std::set<int> used;
  for (const auto& image : dataset.images) {
    for (const auto& annotation : image.annotations) used.insert(annotation.class_idx);
    for (const auto& tag : image.tags) used.insert(tag.class_idx);
  }
  for (int i = 0; i < dataset.classes.size(); ++i) {
    const auto& info = dataset.classes[i];
    if (!used.contains(i) && !holds.unused_classes) losses.add("classes", "left out: nothing uses them");
    if (!holds.supercategory && says_supercategory(dataset.classes, info))
      losses.add("supercategory", "lose it");
    if (!(info.key_points.empty() && info.skeleton.empty()) && !holds.key_point_names)
      losses.add("key-point-names", "lose them");
  }
}

}  // namespace

void count_losses(const Dataset& dataset, const FormatHolds& holds, LossReport& losses) {
  for (const auto& image : dataset.images) {
    for (const auto& annotation : image.annotations) count_object(annotation, holds, losses);
    for (const auto& tag : image.tags) {
      if (tag.present && !holds.tags) losses.add("tag", "left out");
      if (!tag.present && !holds.absent_tags) losses.add("absent-tag", "left out");
    }
    bool told = std::any_of(image.attributes.begin(), image.attributes.end(),
                            [](const auto& a) { return tells_of_image(a.first, a.second); });
    if (told && !holds.image_attributes) losses.add("image-attributes", "lose them");
    if (image.split != Split::none && !holds.splits) losses.add("split", "lose it");
  }
  count_classes(dataset, holds, losses);
}

bool says_something(const std::string& value) {
  auto lower = to_lower(trim(value));
  if (lower.empty() || lower == "false" || lower == "no" || lower == "none") return false;
  return parse_double(lower) != 0.0;
}

bool says_something(const std::map<std::string, std::string>& attributes) {
  return std::any_of(attributes.begin(), attributes.end(),
                     [](const auto& attribute) { return says_something(attribute.second); });
}

bool tells_of_image(const std::string& key, const std::string& value) {
  static const std::set<std::string> kOrigin = {"license", "date_captured", "flickr_url", "coco_url"};
  return !kOrigin.contains(key) && says_something(value);
}

bool says_supercategory(const ClassList& classes, const ClassInfo& info) {
  auto said = [](const ClassInfo& one) {
    return !one.supercategory.empty() && to_lower(one.supercategory) != "none" &&
           one.supercategory != one.name;
  };
  if (!said(info)) return false;
  // Roboflow's first category is the project, without one of its own; nothing but the others names it.
  auto root = classes.find(info.supercategory);
  return !root || said(classes[*root]) || to_lower(classes[*root].supercategory) != "none";
}

}  // namespace detail
}  // namespace ds

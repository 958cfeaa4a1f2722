// Writes Pascal VOC XML; the reading of the coordinates is recorded, so that own output reads back exactly.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>

#include "ds/base/text.h"
#include "ds/formats/voc/options.h"
#include "shared/losses.h"
#include "voc/writer.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

void add(pugi::xml_node parent, const char* tag, const std::string& text) {
  parent.append_child(tag).append_child(pugi::node_pcdata).set_value(text.c_str());
}

// The devkit counts from 1 and includes the last pixel.
std::array<std::string, 4> corners(const Box& box, bool devkit) {
  if (!devkit) return {shortest(box.x0), shortest(box.y0), shortest(box.x1), shortest(box.y1)};
  auto whole = [](double value) { return fmt::format("{}", static_cast<long long>(value)); };
  return {whole(std::floor(box.x0) + 1), whole(std::floor(box.y0) + 1), whole(std::ceil(box.x1)),
          whole(std::ceil(box.y1))};
}

bool is_tag(const std::string& name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

void add_object(pugi::xml_node root, const Annotation& annotation, const ClassList& classes, bool devkit) {
  auto object = root.append_child("object");
  add(object, "name", classes[annotation.class_idx].name);
  auto pose = annotation.attributes.find("pose");
  add(object, "pose", pose == annotation.attributes.end() ? "Unspecified" : pose->second);
  if (annotation.truncated) add(object, "truncated", *annotation.truncated != 0 ? "1" : "0");
  if (annotation.occluded) add(object, "occluded", *annotation.occluded != 0 ? "1" : "0");
  add(object, "difficult", annotation.difficult ? "1" : "0");
  auto box = object.append_child("bndbox");
  auto values = corners(annotation.box(), devkit);
  static constexpr const char* kTags[] = {"xmin", "ymin", "xmax", "ymax"};
  for (std::size_t i = 0; i < 4; ++i) add(box, kTags[i], values[i]);
  pugi::xml_node actions;
  pugi::xml_node attributes;
  for (const auto& [key, value] : annotation.attributes) {
    if (key == "pose") continue;
    if (key.starts_with("action.") && is_tag(key.substr(7))) {
      if (!actions) actions = object.append_child("actions");
      add(actions, key.substr(7).c_str(), value);
      continue;
    }
    if (!attributes) attributes = object.append_child("attributes");
    auto attribute = attributes.append_child("attribute");
    add(attribute, "name", key);
    add(attribute, "value", value);
  }
}

std::string voc_document(const Image& image, const ClassList& classes, const std::string& policy) {
  pugi::xml_document document;
  auto root = document.append_child("annotation");
  add(root, "folder", "JPEGImages");
  add(root, "filename", image.name);
  auto source = root.append_child("source");
  add(source, "database", "ds");
  add(source, "annotation", "ds voc-coords=" + policy);
  auto size = root.append_child("size");
  add(size, "width", std::to_string(image.width));
  add(size, "height", std::to_string(image.height));
  add(size, "depth", "3");
  add(root, "segmented", "0");
  for (const auto& annotation : image.annotations) add_object(root, annotation, classes, policy == "devkit");
  std::ostringstream out;
  document.save(out, "  ", pugi::format_indent | pugi::format_no_declaration);
  return out.str();
}

// Readers take texts without the blanks around them, and VOC's word for an unknown pose for none.
bool loses_attribute(const std::pair<const std::string, std::string>& attribute) {
  const auto& [key, value] = attribute;
  if (key == "pose" && value == "Unspecified") return true;
  return says_something(value) &&
         (trim(key).size() != key.size() || trim(value).size() != value.size() || value.empty());
}

// The map's own signs, and its words for what is no class.
bool is_in_map(const std::string& name) {
  return name.find(':') == std::string::npos && !name.starts_with('#') && name != "background" &&
         name != "ignored";
}

void count_voc_losses(const Dataset& dataset, bool devkit, LossReport& losses) {
  FormatHolds holds;
  holds.difficult = holds.attributes = true;
  holds.truncated = holds.occluded = FormatHolds::yes_or_no;
  count_losses(dataset, holds, losses);
  auto whole = [](double value) { return std::floor(value) == value; };
  std::set<int> used;
  for (const auto& image : dataset.images) {
    for (const auto& a : image.annotations) used.insert(a.class_idx);
    for (const auto& a : image.annotations) {
      auto box = a.box();
      if (std::any_of(a.attributes.begin(), a.attributes.end(), loses_attribute))
        losses.add("attributes", "lose them, or the blanks around them");
      if (devkit && !(whole(box.x0) && whole(box.y0) && whole(box.x1) && whole(box.y1)))
        losses.add("fraction", "grow to whole pixels");
    }
  }
  for (int i = 0; i < dataset.classes.size(); ++i)
    if (!used.contains(i) && !is_in_map(dataset.classes[i].name))
      losses.add("classes", "left out: nothing uses them");
}

}  // namespace

NameRules voc_names() {
  return {.taken_folder =
              [](const std::string& folder) {
                return folder == "ImageSets" || folder == "Annotations" || folder == "SegmentationClass" ||
                       folder == "SegmentationObject";
              },
          .walked = true,
          .trimmed = true,
          .beginnings = {"#"},
          .bare_classes = true};
}

WrittenDataset write_voc(const Dataset& dataset, const WriteOptions& options) {
  auto coords = options.own.of<VocWriting>().coords;
  if (std::find(kVocWriteCoords.begin(), kVocWriteCoords.end(), coords) == kVocWriteCoords.end())
    throw_unknown_name(options.own.flag("voc-coords"), coords, kVocWriteCoords);
  WrittenDataset written;
  std::set<std::string> ids;
  std::map<std::string, std::string> lists;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    auto id = fs::path(image.name).replace_extension().generic_string();
    if (!ids.insert(id).second) {
      id = image.name;  // a.jpg and a.png
      ids.insert(id);
    }
    if (image.state != ImageState::unlabelled || !image.annotations.empty())
      written.texts["Annotations/" + id + ".xml"] = voc_document(image, dataset.classes, coords);
    written.images["JPEGImages/" + image.name] = i;
    lists[image.split == Split::none ? "all" : to_string(image.split)] += id + "\n";
  }
  for (const auto& [split, text] : lists) written.texts["ImageSets/Main/" + split + ".txt"] = text;
  std::string map = "# label:color_rgb:parts:actions\n";
  for (const auto& info : dataset.classes)
    if (is_in_map(info.name)) map += info.name + ":::\n";
  written.texts["labelmap.txt"] = map;
  count_voc_losses(dataset, coords == "devkit", written.losses);
  return written;
}

}  // namespace ds::detail

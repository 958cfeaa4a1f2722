#include "cvat/elements.h"

#include <algorithm>

#include "cvat/shape.h"

namespace ds::detail {

void add_text(pugi::xml_node parent, const char* tag, const std::string& text) {
  parent.append_child(tag).append_child(pugi::node_pcdata).set_value(text.c_str());
}

void set_attribute(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

void set_cvat_marks(pugi::xml_node node, const Annotation& annotation) {
  set_attribute(node, "occluded", annotation.occluded.value_or(0) != 0 ? "1" : "0");
  set_attribute(node, "z_order", std::to_string(annotation.z));
}

std::string cvat_label(const ClassInfo& info) {
  return info.name == kCvatNoLabel ? std::string() : info.name;
}

std::string cvat_subset(const Image& image) {
  switch (image.split) {
    case Split::train:
      return "Train";
    case Split::val:
      return "Validation";
    case Split::test:
      return "Test";
    case Split::none:
      break;
  }
  return value_or(image.attributes, "subset");
}

std::string value_or(const std::map<std::string, std::string>& attributes, const std::string& name,
                     const std::string& otherwise) {
  auto found = attributes.find(name);
  return found == attributes.end() ? otherwise : found->second;
}

void CvatAttributes::add_to(pugi::xml_node node, int class_idx, const std::string& name,
                            const std::string& value) {
  auto attribute = node.append_child("attribute");
  set_attribute(attribute, "name", name);
  attribute.append_child(pugi::node_pcdata).set_value(value.c_str());
  auto& seen = values_[class_idx][name];
  if (seen.size() < 3 && std::find(seen.begin(), seen.end(), value) == seen.end()) seen.push_back(value);
}

}  // namespace ds::detail

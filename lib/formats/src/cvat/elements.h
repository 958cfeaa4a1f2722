#pragma once

#include <map>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "ds/dataset/annotation.h"
#include "ds/dataset/class_list.h"
#include "ds/dataset/image.h"

/// What both kinds of CVAT file are written of.
namespace ds::detail {

void add_text(pugi::xml_node parent, const char* tag, const std::string& text);
void set_attribute(pugi::xml_node node, const char* name, const std::string& value);
/// The marks that every shape has.
void set_cvat_marks(pugi::xml_node node, const Annotation& annotation);

/// A class's name in the file.
std::string cvat_label(const ClassInfo& info);
/// The image's subset, as CVAT's own projects call them.
std::string cvat_subset(const Image& image);

/// The value of an attribute, else another.
std::string value_or(const std::map<std::string, std::string>& attributes, const std::string& name,
                     const std::string& otherwise = {});

/// The <attribute>s of objects, and which values occur, so that the labels can declare them.
class CvatAttributes {
 public:
  void add_to(pugi::xml_node node, int class_idx, const std::string& name, const std::string& value);
  const std::map<int, std::map<std::string, std::vector<std::string>>>& values() const { return values_; }

 private:
  std::map<int, std::map<std::string, std::vector<std::string>>> values_;
};

}  // namespace ds::detail

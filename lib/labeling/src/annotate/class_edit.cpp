#include "ds/labeling/class_edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {
namespace {

std::string checked_color(const std::string& rgb) {
  auto lower = to_lower(rgb);
  bool good = lower.size() == 7 && lower[0] == '#' && std::all_of(lower.begin() + 1, lower.end(), [](char c) {
                return std::isxdigit(static_cast<unsigned char>(c)) != 0;
              });
  if (!good) throw UsageError(fmt::format("'{}' is not a colour: expected #rrggbb", rgb));
  return lower;
}

}  // namespace

std::vector<std::string> add_classes(Project& project, const std::vector<std::string>& names,
                                     const std::string& rgb, const std::string& supercategory) {
  std::vector<std::string> added;
  auto color = rgb.empty() ? rgb : checked_color(rgb);
  for (const auto& name : names) {
    if (trim(name).empty()) throw UsageError("a class needs a name");
    if (project.classes().list().find(name)) continue;
    project.classes().add(name, color, supercategory);
    added.push_back(name);
  }
  return added;
}

bool rename_class(Project& project, const std::string& name, const std::string& new_name) {
  auto classes = project.classes().list();
  int class_idx = classes.index_of(name);
  if (trim(new_name).empty()) throw UsageError("a class needs a name");
  if (name == new_name) return false;
  if (auto other = classes.find(new_name); other && *other != class_idx)
    throw UsageError(fmt::format("there is a class {} already", new_name),
                     fmt::format("to make them one: ds-label classes merge {} {}", name, new_name));
  project.classes().rename(name, new_name);
  return true;
}

bool color_class(Project& project, const std::string& name, const std::string& rgb) {
  auto classes = project.classes().list();
  auto color = checked_color(rgb);
  if (classes[classes.index_of(name)].color == color) return false;
  project.classes().set_color(name, color);
  return true;
}

std::int64_t merge_classes(Project& project, const std::string& from, const std::string& into) {
  auto classes = project.classes().list();
  if (classes.index_of(from) == classes.index_of(into))
    throw UsageError(fmt::format("{} cannot be merged into itself", from));
  return project.classes().merge(from, into);
}

}  // namespace ds

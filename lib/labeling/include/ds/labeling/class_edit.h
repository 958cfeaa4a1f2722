#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ds/project/project.h"

/// Changes of the class list that are safe to run twice. Unknown names are UsageErrors with
/// the nearest known one.
namespace ds {

/// Adds those that are not there; returns their names.
std::vector<std::string> add_classes(Project& project, const std::vector<std::string>& names,
                                     const std::string& rgb = {}, const std::string& supercategory = {});
/// False when it has that name already.
bool rename_class(Project& project, const std::string& name, const std::string& new_name);
/// Throws UsageError when `rgb` is not "#rrggbb"; false when it has that colour already.
bool color_class(Project& project, const std::string& name, const std::string& rgb);
/// How many annotations went over.
std::int64_t merge_classes(Project& project, const std::string& from, const std::string& into);

}  // namespace ds

#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ds::detail {

/// Of `classes` or `class_names`: a JSON list, as exports have it, or one a line, as our own weights. Empty: none.
std::vector<std::string> names_in_metadata(const std::vector<std::pair<std::string, std::string>>& metadata);
/// Of the only `*classes.txt` beside a file. Empty: there is none, or more than one.
std::vector<std::string> names_beside(const std::filesystem::path& path);

}  // namespace ds::detail

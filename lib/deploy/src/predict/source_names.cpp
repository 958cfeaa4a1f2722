#include "predict/source_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/media/image_header.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

/// The names of the folders on the way to what holds a source's pictures, the nearest first.
std::vector<std::string> names_upwards(const fs::path& source) {
  auto path = fs::absolute(source).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  std::error_code ignored;
  if (has_archive_suffix(path))
    path.replace_filename(path.stem());
  else if (!fs::is_directory(path, ignored))
    path = path.parent_path();
  std::vector<std::string> names;
  for (; path.has_relative_path(); path = path.parent_path()) names.push_back(path.filename().string());
  return names;
}

/// How many names from the nearest on two paths have in common.
std::size_t common_names(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

std::vector<std::string> fronts_of(const std::vector<fs::path>& sources) {
  std::vector<std::vector<std::string>> paths;
  for (const auto& source : sources) paths.push_back(names_upwards(source));
  std::vector<std::string> fronts;
  for (const auto& own : paths) {
    std::size_t count = 1;
    for (const auto& other : paths)
      if (other != own) count = std::max(count, common_names(own, other) + 1);
    std::string front;
    for (std::size_t i = 0; i < std::min(count, own.size()); ++i)
      front = front.empty() ? own[i] : own[i] + "/" + front;
    fronts.push_back(front.empty() ? "source" : front);
  }
  return fronts;
}

std::string UniqueNames::take(const std::string& name, const std::string& front) {
  for (int attempt = 0;; ++attempt) {
    auto tried = attempt == 0   ? name
                 : attempt == 1 ? fmt::format("{}/{}", front, name)
                                : fmt::format("{}-{}/{}", front, attempt, name);
    if (taken_.insert(tried).second) return tried;
  }
}

}  // namespace ds::detail

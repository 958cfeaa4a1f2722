#include "shared/image_search.h"

#include <algorithm>

#include "ds/media/image_header.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> folders_of(const Reading& reading, const std::vector<fs::path>& folders) {
  if (reading.options().images.empty()) return folders;
  return {reading.options().images};
}

// a/b/c.jpg, then b/c.jpg, then c.jpg.
std::vector<fs::path> endings_of(const fs::path& path) {
  std::vector<fs::path> parts(path.begin(), path.end());
  std::vector<fs::path> endings;
  for (std::size_t first = 0; first < parts.size(); ++first) {
    if (parts[first].is_absolute()) continue;
    fs::path ending;
    for (std::size_t i = first; i < parts.size(); ++i) ending /= parts[i];
    endings.push_back(ending);
  }
  return endings;
}

}  // namespace

std::string with_slashes(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

fs::path find_image_file(const Reading& reading, const std::string& given,
                         const std::vector<fs::path>& folders) {
  fs::path path = with_slashes(given);
  if (path.empty() || !has_image_suffix(path)) return {};
  if (path.is_absolute() && fs::is_regular_file(path)) return path;
  for (const auto& ending : endings_of(path))
    for (const auto& folder : folders_of(reading, folders))
      if (fs::is_regular_file(folder / ending)) return (folder / ending).lexically_normal();
  return {};
}

fs::path find_image_of_stem(const Reading& reading, const std::string& stem,
                            const std::vector<fs::path>& folders) {
  static constexpr const char* kSuffixes[] = {".jpg", ".jpeg", ".png",  ".JPG",  ".JPEG", ".PNG",
                                              ".bmp", ".tif",  ".tiff", ".webp", ".gif"};
  for (const auto& folder : folders_of(reading, folders))
    for (const auto* suffix : kSuffixes)
      if (auto file = folder / (stem + suffix); fs::is_regular_file(file)) return file.lexically_normal();
  return {};
}

}  // namespace ds::detail

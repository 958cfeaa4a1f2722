#include "open_images/pictures.h"

#include "shared/pictures/folded_name.h"
#include "shared/reading.h"

namespace ds::detail {
namespace fs = std::filesystem;

OpenImagesPictures::Place OpenImagesPictures::place_of(const fs::path& relative) {
  std::vector<fs::path> parts(relative.begin(), relative.end());
  auto from = [&](std::size_t first) {
    fs::path path;
    for (std::size_t i = first; i < parts.size(); ++i) path /= parts[i];
    return path.generic_string();
  };
  std::size_t first = 0;
  if (parts.size() > 1 && (parts[0] == "images" || parts[0] == "data")) ++first;
  std::optional<Split> split;
  if (parts.size() > first + 1) {
    split = split_of_word(parts[first].string());
    if (parts[first] == "none") split = Split::none;
  }
  return {from(first), from(split ? first + 1 : first), split};
}

void OpenImagesPictures::add(const Place& place, std::size_t image) {
  auto without_extension = [](const std::string& path) {
    return fs::path(path).replace_extension().generic_string();
  };
  Entry entry{image, place.split};
  by_id_[without_extension(place.name)].push_back(entry);
  auto file = fs::path(place.name).filename();
  for (const auto& name : {place.name, without_extension(place.below_images), place.below_images,
                           file.stem().string(), file.string()}) {
    auto& entries = by_other_[name];
    if (entries.empty() || entries.back().image != image) entries.push_back(entry);
    by_folded_[folded_name(name)].push_back(entry);
  }
}

std::optional<std::size_t> OpenImagesPictures::find(const std::string& id, std::optional<Split> split) const {
  for (const auto* names : {&by_id_, &by_other_, &by_folded_}) {
    auto found = names->find(names == &by_folded_ ? folded_name(id) : id);
    if (found == names->end()) continue;
    for (const auto& entry : found->second)
      if (split && entry.split == split) return entry.image;
    // A picture of another subset is not the one that a subset's table means; one of no subset may be.
    for (const auto& entry : found->second)
      if (!split || !entry.split) return entry.image;
  }
  return std::nullopt;
}

}  // namespace ds::detail

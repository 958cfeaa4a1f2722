#include "shared/pictures/picture_index.h"

#include "shared/pictures/folded_name.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

bool is_end_of(const std::string& path, const std::string& ending) {
  if (!path.ends_with(ending)) return false;
  return path.size() == ending.size() || path[path.size() - ending.size() - 1] == '/';
}

std::string text_of_ending(const std::string& below, bool with_extension) {
  return with_extension ? below : fs::path(below).replace_extension().generic_string();
}

}  // namespace

PictureIndex::PictureIndex(const fs::path& root, std::vector<fs::path> files) {
  auto base = root.lexically_normal();
  for (auto& file : files) {
    by_name_[folded_name(file.filename().string())].push_back(entries_.size());
    by_stem_[folded_name(file.stem().string())].push_back(entries_.size());
    auto below = file.lexically_normal().lexically_proximate(base).generic_string();
    entries_.push_back({std::move(file), std::move(below)});
  }
}

std::vector<fs::path> PictureIndex::ending_in(const fs::path& ending) const {
  return matching(by_name_, ending, true);
}

std::vector<fs::path> PictureIndex::with_stem(const fs::path& ending) const {
  return matching(by_stem_, ending, false);
}

std::vector<fs::path> PictureIndex::matching(const Places& places, const fs::path& ending,
                                             bool with_extension) const {
  std::vector<fs::path> same;
  std::vector<fs::path> alike;
  auto found = places.find(folded_name(ending.filename().string()));
  if (found == places.end()) return same;
  auto exact = ending.generic_string();
  auto folded = folded_name(exact);
  for (auto at : found->second) {
    auto text = text_of_ending(entries_[at].below, with_extension);
    if (is_end_of(text, exact)) same.push_back(entries_[at].file);
    if (is_end_of(folded_name(text), folded)) alike.push_back(entries_[at].file);
  }
  return same.empty() ? alike : same;
}

}  // namespace ds::detail

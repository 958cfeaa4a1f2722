#include "yolo/label_files.h"

#include <vector>

#include "ds/base/text.h"
#include "shared/folded_name.h"
#include "shared/reading.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// Where the labels of an image may stand, the likelier first.
std::vector<fs::path> places_of_labels(const fs::path& image) {
  std::vector<fs::path> parts(image.begin(), image.end());
  std::vector<fs::path> places;
  for (auto [from, to] : {std::pair{"images", "labels"}, {"Images", "Labels"}, {"Images", "Annotations"}}) {
    for (std::size_t i = parts.size() - 1; i-- > 0;) {
      if (parts[i] != from) continue;
      fs::path label;
      for (std::size_t k = 0; k < parts.size(); ++k) label /= k == i ? fs::path(to) : parts[k];
      places.push_back(label.replace_extension(".txt"));
      break;
    }
  }
  places.push_back(fs::path(image).replace_extension(".txt"));
  return places;
}

std::string key_of_label(const fs::path& file) {
  return folded_name(file.lexically_normal().generic_string());
}

}  // namespace

const std::map<std::string, fs::path>& YoloLabelFiles::all() {
  if (!all_) {
    all_.emplace();
    auto is_text = [](const fs::path& file) { return to_lower(file.extension().string()) == ".txt"; };
    if (fs::is_directory(root_))
      for (auto& file : files_below(root_, is_text)) all_->emplace(key_of_label(file), file);
  }
  return *all_;
}

fs::path YoloLabelFiles::of(const fs::path& image) {
  auto places = places_of_labels(image);
  for (const auto& place : places)
    if (fs::is_regular_file(place)) return place;
  for (const auto& place : places)
    if (auto found = all().find(key_of_label(place)); found != all().end()) return found->second;
  return {};
}

}  // namespace ds::detail

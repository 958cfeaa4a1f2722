#include "yolo/label_files.h"

#include "ds/base/text.h"
#include "shared/pictures/folded_name.h"
#include "shared/reading.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// With the last folder `from` as `to`; empty when there is none.
fs::path label_in_folder(const fs::path& image, const char* from, const char* to) {
  std::vector<fs::path> parts(image.begin(), image.end());
  for (std::size_t i = parts.size(); i-- > 1;) {
    if (parts[i - 1] != from) continue;
    fs::path label;
    for (std::size_t k = 0; k < parts.size(); ++k) label /= k == i - 1 ? fs::path(to) : parts[k];
    return label.replace_extension(".txt");
  }
  return {};
}

std::string key_of_label(const fs::path& file) {
  return folded_name(file.lexically_normal().generic_string());
}

}  // namespace

fs::path yolo_label_path(const fs::path& image) {
  auto label = label_in_folder(image, "images", "labels");
  return label.empty() ? fs::path(image).replace_extension(".txt") : label;
}

std::vector<fs::path> yolo_label_candidates(const fs::path& image) {
  std::vector<fs::path> candidates;
  for (auto [from, to] : {std::pair{"images", "labels"}, {"Images", "Labels"}, {"Images", "Annotations"}})
    if (auto label = label_in_folder(image, from, to); !label.empty()) candidates.push_back(label);
  candidates.push_back(fs::path(image).replace_extension(".txt"));
  return candidates;
}

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
  auto places = yolo_label_candidates(image);
  for (const auto& place : places)
    if (fs::is_regular_file(place)) return place;
  for (const auto& place : places)
    if (auto found = all().find(key_of_label(place)); found != all().end()) return found->second;
  return {};
}

}  // namespace ds::detail

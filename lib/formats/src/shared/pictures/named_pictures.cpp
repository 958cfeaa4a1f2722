#include "shared/pictures/named_pictures.h"

#include "ds/base/error.h"
#include "shared/text/json_file.h"

namespace ds::detail {
namespace fs = std::filesystem;

std::optional<std::size_t> NamedPictures::image(const std::string& given, const fs::path& folder,
                                                const std::optional<Reading::Declared>& declared,
                                                const Location& place) {
  auto [known, is_new] = by_given_.emplace(folder.string() + "\n" + given, std::nullopt);
  if (!is_new) return known->second;
  auto name = with_slashes(given);
  if (name.starts_with("file:")) name.erase(0, 5);
  std::vector<fs::path> folders = {folder, folder / "images", reading_.root(), reading_.root() / "images"};
  auto found = reading_.find_image({.given = name, .stem = name, .folders = folders, .labels = place.path});
  const auto& file = found.file;
  if (file.empty()) {
    reading_.report_missing(found, given, place);
    known->second = reading_.add_image({}, name, declared, place);
    return known->second;
  }
  auto key = file.lexically_normal().string();
  if (auto same = by_file_.find(key); same != by_file_.end()) {
    known->second = same->second;
    return known->second;
  }
  // Named by its whole path it keeps it.
  auto whole = reading_.name_of(file);
  bool kept = name == whole || name == "images/" + whole;
  begins_anew_ = begins_anew_ || (!kept && name_below_split(file) != whole);
  known->second = reading_.add_image(file, kept ? whole : name_below_split(file), declared, place);
  if (known->second) by_file_[key] = *known->second;
  return known->second;
}

std::string NamedPictures::name_below_split(const fs::path& file) const {
  auto relative = fs::path(reading_.name_of(file));
  if (relative.has_parent_path()) {
    auto first = relative.begin()->string();
    if (split_of_word(first) || first == "none") return relative.lexically_relative(first).generic_string();
  }
  return relative.generic_string();
}

void NamedPictures::add_rest() {
  if (!fs::is_directory(path_)) return;
  for (const auto& file : files_below(path_, [](const fs::path& f) { return has_image_suffix(f); })) {
    if (by_file_.contains(file.lexically_normal().string())) continue;
    auto name = begins_anew_ ? name_below_split(file) : reading_.name_of(file);
    auto index = reading_.add_image(file, name, std::nullopt, {.path = file});
    if (index) reading_.image(*index).split = split_of_folder(file, reading_.root()).value_or(Split::none);
  }
}

void declare_meta_classes(Reading& reading) {
  auto file = reading.root() / "dataset_meta.json";
  if (!fs::is_regular_file(file)) return;
  try {
    auto meta = load_json(file);
    auto labels = meta.find("labels");
    if (labels == meta.end() || !labels->is_array()) return;
    for (const auto& label : *labels)
      if (label.is_string() && !label.get<std::string>().empty()) reading.class_of(label.get<std::string>());
    reading.note("classes in the order of dataset_meta.json");
  } catch (const FormatError& error) {
    reading.issue(Severity::error, "BAD_FILE", error.location(), error.what());
  }
}

}  // namespace ds::detail

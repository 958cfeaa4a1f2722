#include "shared/label_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr const char* kClassFile = "labels.txt";

// The path below the dataset, without the folders that hold images or labels.
fs::path without_folders(const fs::path& below, const std::function<bool(const std::string&)>& dropped) {
  fs::path rest;
  for (const auto& part : below.parent_path())
    if (!dropped(part.string())) rest /= part;
  return rest / below.filename();
}

fs::path below_root(const fs::path& file, const fs::path& root) {
  return file.lexically_normal().lexically_proximate(root.lexically_normal());
}

// Names in another case or normalisation come together when they are looked for elsewhere.
std::string key_of(fs::path path) {
  return path.replace_extension().generic_string();
}

class PairFinder {
 public:
  PairFinder(Reading& reading, const PairFolders& folders) : reading_(reading), folders_(folders) {}

  std::vector<LabelPair> find() {
    find_labels();
    find_images();
    find_images_elsewhere();
    std::vector<LabelPair> pairs;
    for (auto& [key, pair] : pairs_) pairs.push_back(std::move(pair));
    std::sort(pairs.begin(), pairs.end(),
              [](const LabelPair& a, const LabelPair& b) { return natural_less(a.name, b.name); });
    return pairs;
  }

 private:
  void find_labels() {
    const auto& root = reading_.root();
    auto wanted = [&](const fs::path& file) {
      return to_lower(file.extension().string()) == ".txt" && is_in_label_folder(file, root, folders_);
    };
    for (const auto& file : files_below(root, wanted)) {
      reading_.uses(file);
      auto name = without_folders(below_root(file, root), folders_.labels);
      auto [known, is_new] = pairs_.emplace(key_of(name), LabelPair{.labels = file});
      if (!is_new) {
        reading_.issue(Severity::warning, "SHARED_LABELS", {.path = file},
                       fmt::format("{} has the same image; this file is left out",
                                   known->second.labels.filename().string()));
        continue;
      }
      known->second.name = name.replace_extension(".png").generic_string();
      known->second.split = split_of_folder(file, root);
      by_stem_[file.stem().string()].push_back(known->first);
    }
  }

  void find_images() {
    bool elsewhere = !reading_.options().images.empty();
    const auto& root = elsewhere ? reading_.options().images : reading_.root();
    auto is_images = [&](const std::string& part) { return part == folders_.images; };
    auto wanted = [&](const fs::path& file) {
      if (!has_image_suffix(file)) return false;
      auto below = below_root(file, root).parent_path();
      return elsewhere || std::any_of(below.begin(), below.end(),
                                      [&](const fs::path& part) { return is_images(part.string()); });
    };
    for (const auto& file : files_below(root, wanted)) {
      reading_.uses(file);
      auto name = without_folders(below_root(file, root), is_images);
      auto key = key_of(name);
      // Pictures given apart may lie in folders of their own.
      if (auto same = by_stem_.find(file.stem().string());
          elsewhere && !pairs_.contains(key) && same != by_stem_.end() && same->second.size() == 1)
        key = same->second.front();
      auto& pair = pairs_[key];
      if (!pair.image.empty()) {
        reading_.issue(Severity::warning, "SHARED_LABELS", {.path = file},
                       fmt::format("{} has the same label file; this picture is left out",
                                   pair.image.filename().string()));
        continue;
      }
      pair.image = file;
      pair.name = name.generic_string();
      if (!pair.split) pair.split = split_of_folder(file, root);
    }
  }

  // Labels whose picture lies in another folder than theirs.
  void find_images_elsewhere() {
    std::map<std::string, std::string> key_of_image;
    for (const auto& [key, pair] : pairs_)
      if (!pair.image.empty()) key_of_image[pair.image.lexically_normal().string()] = key;
    for (auto& [key, pair] : pairs_) {
      if (!pair.image.empty()) continue;
      auto file = reading_
                      .find_image({.given = {},
                                   .stem = fs::path(pair.name).replace_extension().generic_string(),
                                   .folders = {},
                                   .labels = pair.labels})
                      .file;
      if (file.empty() || is_of_another_view(file)) continue;
      auto known = key_of_image.find(file.string());
      if (known != key_of_image.end() && !pairs_[known->second].labels.empty()) continue;
      pair.image = file;
      pair.name = reading_.name_of(file);
      if (known != key_of_image.end()) {
        pair.name = pairs_[known->second].name;
        pairs_.erase(known->second);
      }
      key_of_image[file.string()] = key;
    }
  }

  // image_3 is what the other camera saw when image_2 was taken.
  bool is_of_another_view(const fs::path& file) const {
    auto stem = folders_.images.substr(0, folders_.images.find('_') + 1);
    if (stem.empty()) return false;
    return std::any_of(file.begin(), file.end(), [&](const fs::path& part) {
      return part.string().starts_with(stem) && part != folders_.images;
    });
  }

  Reading& reading_;
  const PairFolders& folders_;
  std::map<std::string, LabelPair> pairs_;
  std::map<std::string, std::vector<std::string>> by_stem_;  // of label files
};

}  // namespace

std::vector<LabelPair> find_label_pairs(Reading& reading, const PairFolders& folders) {
  return PairFinder(reading, folders).find();
}

bool is_in_label_folder(const fs::path& file, const fs::path& root, const PairFolders& folders) {
  auto below = below_root(file, root).parent_path();
  return std::any_of(below.begin(), below.end(),
                     [&](const fs::path& part) { return folders.labels(part.string()); });
}

void declare_pair_classes(Reading& reading, const std::vector<std::string>& used) {
  auto file = reading.root() / kClassFile;
  if (fs::is_regular_file(file)) {
    for (const auto& line : read_lines(file))
      if (auto name = trim(line); !name.empty()) reading.class_of(std::string(name));
  }
  for (const auto& name : used) reading.class_of(name);
}

std::string pair_classes_text(const ClassList& classes) {
  std::string text;
  for (const auto& info : classes) text += pair_class_name(info.name) + "\n";
  return text;
}

std::string pair_class_name(const std::string& name) {
  auto result = name;
  for (auto& c : result)
    if (std::string_view(" \t\r\n\v\f").find(c) != std::string_view::npos) c = '_';
  return result;
}

PairPaths pair_paths(const Image& image, const fs::path& given, const std::string& images,
                     const std::string& labels) {
  auto name = given;
  fs::path folder;
  if (image.split != Split::none) {
    folder = to_string(image.split);
    // A dataset read from training/image_2 has the split in its names already.
    auto first = *name.begin();
    if (name.has_parent_path() && split_of_word(first.string()) == image.split) {
      folder = first;
      name = name.lexically_relative(first);
    }
  }
  auto file = fs::path(name).replace_extension(".txt");
  return {(folder / images / name).generic_string(), (folder / labels / file).generic_string()};
}

NameRules pair_names(const PairFolders& folders, const std::string& labels) {
  return {
      .taken_folder =
          [folders](const std::string& folder) { return folder == folders.images || folders.labels(folder); },
      .folders_are_splits = true,
      .walked = true,
      .looked_for =
          [images = folders.images, labels](const Image& image, const std::string& name) {
            return NameRules::Paths{pair_paths(image, name, images, labels).labels};
          }};
}

void check_pairs(const Dataset& dataset, LossReport& losses) {
  for (const auto& image : dataset.images)
    for (const auto& annotation : image.annotations) {
      const auto& name = dataset.classes[annotation.class_idx].name;
      if (pair_class_name(name) != name) losses.add("name", "of classes: blanks become _");
    }
  std::set<std::string> names;
  for (const auto& info : dataset.classes) {
    auto name = pair_class_name(info.name);
    if (!names.insert(name).second)
      throw DataError(fmt::format("two classes would both be called {}; rename one", name));
  }
}

}  // namespace ds::detail

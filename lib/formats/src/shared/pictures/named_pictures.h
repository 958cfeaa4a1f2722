#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "shared/reading.h"

namespace ds::detail {

/// Pictures as tables name them: found once each, however many rows name them.
class NamedPictures {
 public:
  /// @param path the dataset's folder or its one table
  NamedPictures(Reading& reading, std::filesystem::path path) : reading_(reading), path_(std::move(path)) {}

  /// The image that a table in `folder` calls `given`; searched in the folder, in images/ below it, and in
  /// the dataset's. The first time it is added, and reported when it is not there. Nothing when it has
  /// neither a picture nor a declared size.
  std::optional<std::size_t> image(const std::string& given, const std::filesystem::path& folder,
                                   const std::optional<Reading::Declared>& declared, const Location& place);
  /// Adds the pictures of the dataset's folder that no table named, as unlabelled.
  void add_rest();

 private:
  // Tables inside train/, val/, test/ or none/ name their pictures from there on.
  std::string name_below_split(const std::filesystem::path& file) const;

  Reading& reading_;
  std::filesystem::path path_;
  std::map<std::string, std::optional<std::size_t>> by_given_;  // folder + name
  std::map<std::string, std::size_t> by_file_;
  bool begins_anew_ = false;
};

/// Class names in order from a dataset_meta.json with `labels` (Datumaro's) in the dataset's folder.
void declare_meta_classes(Reading& reading);

}  // namespace ds::detail

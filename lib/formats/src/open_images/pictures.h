#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ds/dataset/image.h"

namespace ds::detail {

/// Pictures by ImageID: the path below images/<subset>/ without its extension; or the whole path below
/// images/, or the bare name.
class OpenImagesPictures {
 public:
  /// What a path below the dataset's or the pictures' folder says: images/validation/a/b.jpg
  /// is a/b.jpg of val.
  struct Place {
    std::string below_images;
    std::string name;  // below the subset's folder
    std::optional<Split> split;
  };
  static Place place_of(const std::filesystem::path& relative);
  /// @param image its index in the dataset
  void add(const Place& place, std::size_t image);
  /// The one of that subset when several have the id. Nothing when there is none.
  std::optional<std::size_t> find(const std::string& id, std::optional<Split> split) const;

 private:
  struct Entry {
    std::size_t image;
    std::optional<Split> split;
  };
  std::unordered_map<std::string, std::vector<Entry>> by_id_;
  std::unordered_map<std::string, std::vector<Entry>> by_other_;  // names that are less sure
  std::unordered_map<std::string, std::vector<Entry>>
      by_folded_;  // all of them, case and normalisation forgiven
};

}  // namespace ds::detail

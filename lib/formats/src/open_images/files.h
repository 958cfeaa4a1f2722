#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ds/dataset/image.h"
#include "shared/csv_table.h"

/// The files of an Open Images dataset: tables told by their columns, pictures found by ImageID.
namespace ds::detail {

enum class OpenImagesKind { other, classes, images, boxes, masks, labels };

/// By the first row; the class descriptions of v5 have no header, their first row begins with a machine id.
OpenImagesKind open_images_kind(const CsvRow& first);

struct OpenImagesTable {
  std::filesystem::path file;
  OpenImagesKind kind = OpenImagesKind::other;
  std::optional<Split> split = std::nullopt;  // that the file's name or folder says
};
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
};

/// What the writer calls classes that have no machine id: /ds/0, /ds/1, ...
inline constexpr const char* kOwnLabelPrefix = "/ds/";
/// The attribute that keeps an object's LabelName when it is a machine id (/m/01g317).
inline constexpr const char* kLabelNameAttribute = "open_images.label";

}  // namespace ds::detail

#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ds::detail {

/// Where an image's labels belong: the last /images/ becomes /labels/, the extension .txt; beside the image
/// when there is no such folder.
std::filesystem::path yolo_label_path(const std::filesystem::path& image);
/// Every path by which an image's labels are looked for, the first one there counts.
std::vector<std::filesystem::path> yolo_label_candidates(const std::filesystem::path& image);

/// The label files of images, as both YOLO formats lay them out.
class YoloLabelFiles {
 public:
  YoloLabelFiles() = default;
  explicit YoloLabelFiles(std::filesystem::path root) : root_(std::move(root)) {}

  /// The first of yolo_label_candidates that is there. What is called so but for case (A.TXT) and Unicode normalisation will do. Empty when there is none.
  std::filesystem::path of(const std::filesystem::path& image);

 private:
  const std::map<std::string, std::filesystem::path>& all();

  std::filesystem::path root_;
  std::optional<std::map<std::string, std::filesystem::path>> all_;  // below the root, by folded path
};

}  // namespace ds::detail

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ds {

/// Something about the data that a person should know before hours are spent on it.
struct DataFinding {
  /// Stable, for scripts: no-classes, empty-split, no-boxes, missing-files, class-without-boxes, tiny-boxes,
  /// small-images, one-class, few-labelled, few-objects, same-picture, same-group, look-alikes, double-boxes,
  /// two-classes, whole-image-boxes, thin-boxes.
  std::string kind;
  bool fatal = false;
  std::string message;
  std::string advice;
  std::vector<std::string> images = {};  // the first few it is about
  bool operator==(const DataFinding&) const = default;
};

/// A run's findings.json.
std::string to_json_text(const std::vector<DataFinding>& findings);
/// Throws FormatError naming `file`.
std::vector<DataFinding> data_findings_from_json(const std::string& text, const std::filesystem::path& file);

}  // namespace ds

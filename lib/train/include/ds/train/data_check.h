#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/train/train_data.h"

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

/// Fatal: empty splits, no objects at all, missing files. Warnings: classes that are missing or too rare to
/// be measured, objects and images that are small for this input, one class that drowns the others, images
/// without boxes, splits that share pictures or groups, and labels that are likely wrong. Opens no image.
std::vector<DataFinding> check_data(const TrainData& data, const InputSize& input, int smallest_stride = 8);

/// Images of two splits that look alike, as far as the project already knows how its images look
/// (`ds-import leaks` or `dedupe` have computed it). Opens no image.
std::vector<DataFinding> find_look_alikes_between_splits(Project& project, const TrainData& data);

/// Both of these, each finding a warning in the log unless `said` has it already. Throws DataError for the
/// first fatal one and, when `strict`, for any.
std::vector<DataFinding> require_usable(Project& project, const TrainData& data, const InputSize& input,
                                        bool strict, const std::vector<DataFinding>& said = {});

/// A run's findings.json.
std::string to_json_text(const std::vector<DataFinding>& findings);
/// Throws FormatError naming `file`.
std::vector<DataFinding> data_findings_from_json(const std::string& text, const std::filesystem::path& file);

}  // namespace ds

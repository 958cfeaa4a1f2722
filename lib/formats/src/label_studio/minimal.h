#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ds/base/error.h"
#include "shared/source_peek.h"

/// Label Studio's smaller exports, JSON-MIN and CSV: a record for each annotation, with the task's data and the
/// annotation's results side by side.
namespace ds::detail {

/// Records of one task, as the task would stand in a full export.
struct MinimalTask {
  nlohmann::json task;
  std::string pointer;                     // that the places begin with
  std::map<std::string, Location> places;  // in the file, of pointers into the task

  /// Where in the file that stands which `pointer` says of the task.
  Location place_of(const std::string& pointer) const;
};

/// The exports of a dataset: all JSON-MIN files, else all CSV files.
std::vector<std::filesystem::path> minimal_exports(const SourcePeek& source);

/// In the order of the file; throws FormatError when it is broken.
std::vector<MinimalTask> read_minimal_tasks(const std::filesystem::path& file);

}  // namespace ds::detail

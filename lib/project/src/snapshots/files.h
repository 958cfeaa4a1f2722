#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

#include "ds/dataset/dataset.h"
#include "ds/project/snapshot_store.h"

/// The files of a snapshot's folder.
namespace ds::detail {

/// The whole manifest. Throws DataError when it is not what its id says.
std::string read_manifest(const SnapshotRecord& record);

/// With the ids and colours that the classes have in the project, which snapshot.json keeps; they are no
/// content of the manifest.
ClassList with_project_classes(const ClassList& classes, const std::filesystem::path& folder);

/// The states that its images have.
std::set<std::string> states_of_snapshot(const SnapshotRecord& record);

/// A manifest read line by line, so that a large one needs no memory.
class ManifestReader {
 public:
  /// Throws DataError when the manifest is not what its id says.
  explicit ManifestReader(const SnapshotRecord& record);
  /// With their ids.
  const ClassList& classes() const { return classes_; }
  /// The first line.
  const std::string& header() const { return header_; }
  /// Goes to the next image; false at the end.
  bool next();
  const std::string& line() const { return line_; }
  const std::string& name() const { return name_; }
  std::string sha256() const;
  Image image() const;

 private:
  std::filesystem::path file_;
  std::ifstream stream_;
  std::string header_, line_, name_;
  std::int64_t line_number_ = 1;
  ClassList classes_;
};

}  // namespace ds::detail

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ds/base/progress.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/proof.h"
#include "ds/project/project.h"

namespace ds {

struct ExportOptions {
  std::string format;    // an annotation format's name
  std::string where;     // filter; with a snapshot it must be empty
  std::string snapshot;  // id, name or "latest"; empty: the project as it is now
  bool prove = false;    // read the result back and compare it object by object
  WriteOptions writing = {};
};

struct ExportReport {
  std::size_t images = 0;
  std::size_t annotations = 0;
  WriteReport written;
  std::optional<Proof> proof;
};

/// Writes images chosen from a project, or a snapshot, as a dataset of another format. Proposals of
/// models that nobody has accepted, and rejected images, are left out. Throws DataError when the format
/// would lose something that is not allowed, when there is nothing to write, or when the proof fails
/// (naming the first difference).
ExportReport export_project(Project& project, const std::filesystem::path& target,
                            const ExportOptions& options);

}  // namespace ds

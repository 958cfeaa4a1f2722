#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"

namespace ds {

/// A dataset outside of a project, as a person names it: a folder, a label file, or an archive of one.
struct SourceDataset {
  ReadResult read;
  /// Where the members of an archive lie; they are needed as long as `read` is. Null for other sources.
  std::unique_ptr<TemporaryFolder> scratch;
};

/// Reads it with the named format, or with the one detected ("auto"). Throws UsageError when nothing is there,
/// else what extract_archive and read_dataset throw.
SourceDataset read_source_dataset(const std::filesystem::path& source, const std::string& format,
                                  const ReadOptions& options = {});

/// As read_dataset, of an archive unpacked to `folder`, with its members named as name_members names them, in errors too.
ReadResult read_members(const std::filesystem::path& folder, const std::string& origin,
                        const std::string& format, const ReadOptions& options);

/// Names the members of an archive as the user knows them, in everything that a reader says: the folder
/// that they were unpacked to means nothing to anybody.
/// @param origin  what stands in front of a member's name instead of the folder: "labels.zip!"
void name_members(ReadResult& read, const std::filesystem::path& folder, const std::string& origin);

}  // namespace ds

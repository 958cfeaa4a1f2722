#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ds/base/files.h"
#include "ds/importing/add_sources.h"

namespace ds {

/// The pictures of a source, as add_sources would take them, without a project.
struct SourcePictures {
  /// With their labels, splits, sizes and SHA-256, in the source's order; ids are counted from 1. The same
  /// bytes twice are two images.
  std::vector<Image> images;
  std::map<std::string, std::filesystem::path> files;  // of the bytes with a SHA-256
  std::vector<SkippedFile> skipped;
  std::vector<std::string> notes;
  /// Where members of archives, frames of videos and pictures inside label files lie, as long as they are
  /// needed.
  std::vector<std::unique_ptr<TemporaryFolder>> scratch;
};

/// Reads a picture, a folder, an archive, a video or a dataset. Errors as add_sources, but for labels that
/// cannot be read: they are left out.
SourcePictures read_source_pictures(const std::filesystem::path& source, const AddOptions& options,
                                    Progress& progress);

}  // namespace ds

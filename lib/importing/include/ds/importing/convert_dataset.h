#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/progress.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/proof.h"

namespace ds {

struct ConvertOptions {
  std::string from = "auto";  // an annotation format's name
  std::string to;             // an annotation format's name; empty: coco when the target ends in .json
  bool keep_going = false;    // leave out what cannot be read instead of refusing the whole dataset
  bool prove = false;         // read the result back and compare it object by object
  bool clip = false;          // cut shapes at the image's edge; what lies outside is left out
  bool dry_run = false;       // read, and count what would be lost; write nothing
  std::vector<std::string> drop_classes = {};
  std::vector<std::string> rename_classes = {};  // "old=new"; a name that is there already takes them in
  ReadOptions reading = {};
  WriteOptions writing = {};
  /// Called once with everything that was found while reading, before anything is refused.
  std::function<void(const std::vector<Issue>&)> on_issues = {};
};

struct ConvertReport {
  std::string from;
  std::string to;
  std::size_t images = 0;
  std::size_t objects = 0;
  std::vector<std::string> incomplete;  // images of which labels were left out
  std::size_t dropped = 0;              // objects of dropped classes
  std::size_t clipped = 0;              // objects cut at the edge
  std::size_t clipped_away = 0;         // objects of which nothing is inside
  std::vector<std::string> notes;
  WriteReport written;  // of a dry run: what would be written
  std::optional<Proof> proof;
};

/// Reads a dataset (a folder, a label file or an archive) and writes it in another format: whole or not
/// at all. Throws UsageError for unknown names, DataError when objects or pictures that are to be
/// written cannot be read (unless keep_going), when the format would lose something that is not allowed,
/// or when the proof fails.
ConvertReport convert_dataset(const std::filesystem::path& source, const std::filesystem::path& target,
                              const ConvertOptions& options, Progress& progress);

}  // namespace ds

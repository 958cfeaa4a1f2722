#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ds/base/files.h"
#include "ds/importing/add_sources.h"
#include "facts_log.h"

/// One source (a path the user gave) turned into candidates: pictures in files, with what
/// is known about them.
namespace ds::detail {

struct Candidate {
  Image image;  // name, sizes, sha256, labels; class_idx points into SourceContent::classes
  std::filesystem::path file;
  std::function<std::string()> bytes = {};  // instead of `file`: the picture stands in the label file
  std::string extension = {};               // of `bytes`
};

struct SourceContent {
  std::filesystem::path given;
  ClassList classes;
  std::vector<Candidate> candidates;
  std::vector<SkippedFile> skipped;
  std::vector<Issue> issues;
  std::vector<std::string> notes;
  std::unique_ptr<TemporaryFolder> scratch;  // where members of archives and frames of videos lie
  std::size_t left_to_others = 0;            // images of other shards
  bool labels_seen = false;                  // whether or not any could be read
  std::size_t without_image = 0;             // objects whose image is not there
  std::set<std::string> incomplete;          // names of images of which labels were left out
};

/// Reads and checks everything; the index is not touched. `log` remembers what it finds out about files.
/// Errors as add_sources.
SourceContent read_source(const std::filesystem::path& given, const AddOptions& options, FactsLog& log,
                          Progress& progress);

}  // namespace ds::detail

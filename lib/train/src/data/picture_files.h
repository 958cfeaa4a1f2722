#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ds/train/augment.h"

namespace ds::detail {

/// Decoded pictures in a folder of plain files that are mapped into memory when they are wanted. Their names
/// say what they hold (bytes of the file, size), so runs share them. A file appears whole, by a rename, and
/// carries a checksum that is tested when it is first read, because it is not flushed: what a power loss
/// leaves of it is thrown away. Every file may be deleted at any time. Safe to use from many threads, and by
/// many processes on one folder.
class PictureFiles {
 public:
  /// Files beyond the limit make room for newer ones, oldest first, but never one that this object has used.
  PictureFiles(std::filesystem::path folder, std::uint64_t limit_bytes);
  /// Empty when there is no such file, or a damaged one (which is removed).
  std::vector<PictureLevel> load(const std::string& name);
  /// Keeps the levels while there is room. When the disk is full, or the folder cannot be written to, that is
  /// a warning, once, and nothing more is kept.
  void store(const std::string& name, const std::vector<PictureLevel>& levels);
  std::uint64_t bytes() const;

 private:
  void scan();
  bool make_room(std::uint64_t bytes);
  std::filesystem::path path_of(const std::string& name) const;

  std::filesystem::path folder_;
  std::uint64_t limit_bytes_;
  mutable std::mutex mutex_;
  std::uint64_t bytes_ = 0;
  bool accepts_ = true;
  std::set<std::string> used_;  // names; their checksum was tested
  std::multimap<std::int64_t, std::pair<std::string, std::uint64_t>> others_;  // by age: name, bytes
};

}  // namespace ds::detail

#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "ds/media/image_header.h"

namespace ds::detail {

/// What an import finds out about a picture's file by reading all of it.
struct FileFacts {
  ImageHeader header;
  std::string sha256;
};

/// Tells whether a file is still the one that was read.
struct FileStamp {
  std::int64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileStamp&) const = default;

  /// Nothing when it cannot be read, or has been written so shortly before that a further
  /// change might not show.
  static std::optional<FileStamp> of(const std::filesystem::path& file);
};

/// Remembers facts in a file of the project's cache, a line each, so that an import that was interrupted need
/// not hash again what it has hashed. Losing it costs time only: what is in it is used when the stamp is the
/// same, a line that kill -9 cut short is dropped, and a disk too full to write to it is no error.
class FactsLog {
 public:
  /// An empty path: remembers nothing. `writable` false: only uses what is there.
  FactsLog(std::filesystem::path file, bool writable);
  ~FactsLog();
  FactsLog(const FactsLog&) = delete;
  FactsLog& operator=(const FactsLog&) = delete;

  std::optional<FileFacts> find(const std::string& path, const FileStamp& stamp) const;
  /// From any thread. On the disk a second later, or with the next 64 KiB.
  void add(const std::string& path, const FileStamp& stamp, const FileFacts& facts);
  void flush();

 private:
  struct Known {
    FileStamp stamp;
    FileFacts facts;
  };
  void load();
  void write_buffer();

  std::filesystem::path file_;
  std::unordered_map<std::string, Known> known_;
  std::mutex mutex_;
  int descriptor_ = -1;
  std::string buffer_;
  std::int64_t last_write_ = 0;
};

}  // namespace ds::detail

#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace ds {

/// Many files that get their names once all are safe: each is written under a temporary name, all are flushed
/// together, and then they are renamed. Far faster than an AtomicFile each, whose flush takes milliseconds.
/// Uncommitted files are removed.
class AtomicFiles {
 public:
  AtomicFiles() = default;
  ~AtomicFiles();
  AtomicFiles(const AtomicFiles&) = delete;
  AtomicFiles& operator=(const AtomicFiles&) = delete;

  /// Replaces what is there. All files must be on one file system.
  void write(const std::filesystem::path& path, std::string_view bytes);
  void commit();

 private:
  struct Staged {
    std::filesystem::path temporary;
    std::filesystem::path path;
  };
  std::vector<Staged> staged_;
};

}  // namespace ds

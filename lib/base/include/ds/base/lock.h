#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace ds {

/// An exclusive kernel lock (flock) on a file, with a note of its owner inside. The kernel releases it when
/// the process ends, however it ends, so it is never stale.
class FileLock {
 public:
  /// Waits up to `wait_s` seconds; then throws Busy naming `what` and the owner (pid,
  /// host, command, since when).
  FileLock(std::filesystem::path path, const std::string& what, double wait_s = 0);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;

  /// Nothing when somebody else holds it.
  static std::optional<FileLock> try_lock(const std::filesystem::path& path);

 private:
  FileLock() = default;
  bool acquire();
  void note_owner() const;
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace ds

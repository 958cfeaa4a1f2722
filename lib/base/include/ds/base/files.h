#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Files that are either whole or absent. Errors are ds::Error with the path; a full disk is ds::Busy.
namespace ds {

/// What files are made with: the umask takes away from it what others may not have. Secrets alone are narrower.
inline constexpr unsigned kFileMode = 0666;

/// The bytes of a file.
std::string read_file(const std::filesystem::path& path);

/// Writes to a temporary file beside `path`, fsyncs, renames, fsyncs the folder: after a crash the old or the
/// new content is there, never a part. Missing parent folders are made.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// A copy that is this user's own: with the rights of a new file, whatever those of `from` are.
void copy_file_bytes(const std::filesystem::path& from, const std::filesystem::path& to);

/// Appends one whole line (a newline is added) with a single write; `durable` also fsyncs.
void append_line(const std::filesystem::path& path, std::string_view line, bool durable = false);

void make_folders(const std::filesystem::path& path);
/// Flushes a folder's entries to disk.
void sync_folder(const std::filesystem::path& path);

/// A file being written under a temporary name; `commit()` makes it appear under its own. Uncommitted files
/// are removed by the destructor.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  /// Where a library that wants a path may write; keeps the extension of the final name.
  const std::filesystem::path& temporary_path() const { return temporary_; }
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

/// A folder being filled under a temporary name beside `path`; `commit()` renames it into place (replacing
/// nothing: the target must not exist). Uncommitted folders are removed.
class AtomicFolder {
 public:
  explicit AtomicFolder(std::filesystem::path path);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;
  const std::filesystem::path& temporary_path() const { return temporary_; }
  void commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  bool committed_ = false;
};

/// A new folder under the system's temporary folder, removed with its content by the destructor.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// True when `relative`, joined to a root, stays inside it: not absolute, no `..`, no
/// drive, no backslash trick.
bool stays_inside(const std::filesystem::path& relative);

}  // namespace ds

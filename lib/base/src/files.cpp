#include "ds/base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "ds/base/error.h"
#include "ds/base/mapped_file.h"
#include "ds/base/walk.h"
#include "file_parts.h"

namespace ds {
namespace fs = std::filesystem;

namespace detail {

void write_all(int descriptor, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_io_error("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  return path.parent_path() / fmt::format(".{}.{}-{}.tmp{}", path.stem().string(), ::getpid(), counter++,
                                          path.extension().string());
}

}  // namespace detail

using detail::temporary_name;
using detail::write_all;

std::string read_file(const fs::path& path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw_io_error("read", path, errno);
  std::string bytes;
  std::error_code ignored;
  if (auto size = fs::file_size(path, ignored); !ignored) bytes.reserve(size);
  char buffer[1 << 16];
  for (;;) {
    ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      int error = errno;
      ::close(descriptor);
      throw_io_error("read", path, error);
    }
    if (count == 0) break;
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(descriptor);
  return bytes;
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void copy_file_bytes(const fs::path& from, const fs::path& to) {
  write_file_atomically(to, MappedFile(from).bytes());
}

void append_line(const fs::path& path, std::string_view line, bool durable) {
  int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kFileMode);
  if (descriptor < 0) throw_io_error("append to", path, errno);
  std::string whole(line);
  whole += '\n';
  try {
    write_all(descriptor, whole, path);
    if (durable && ::fsync(descriptor) != 0) throw_io_error("flush", path, errno);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);
}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error && !fs::is_directory(path)) throw_io_error("make folder", path, error.value());
}

void sync_folder(const fs::path& path) {
  int descriptor = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // some file systems cannot open folders; the rename itself has happened
  ::fsync(descriptor);
  ::close(descriptor);
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  if (path_.has_parent_path()) make_folders(path_.parent_path());
  temporary_ = temporary_name(path_);
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode);
  if (descriptor_ < 0) throw_io_error("write", path_, errno);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::write(std::string_view bytes) {
  write_all(descriptor_, bytes, path_);
}

void AtomicFile::commit() {
  // A library may have replaced the file behind the descriptor: flush whatever stands under the name.
  int named = ::open(temporary_.c_str(), O_RDONLY | O_CLOEXEC);
  if (named < 0) throw_io_error("write", path_, errno);
  int failed = ::fsync(named) != 0 ? errno : 0;
  ::close(named);
  if (failed) throw_io_error("flush", path_, failed);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw_io_error("write", path_, errno);
  ::close(descriptor_);
  descriptor_ = -1;
  sync_folder(path_.parent_path());
}

AtomicFolder::AtomicFolder(fs::path path) : path_(std::move(path)) {
  if (path_.filename().empty()) path_ = path_.parent_path();  // a trailing slash
  if (path_.has_parent_path()) make_folders(path_.parent_path());
  temporary_ = temporary_name(path_);
  make_folders(temporary_);
}

AtomicFolder::~AtomicFolder() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
  std::error_code ignored;
  if (fs::is_directory(path_, ignored) && fs::is_empty(path_, ignored)) fs::remove(path_, ignored);
  detail::sync_files(walk_files(temporary_));
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw_io_error("write", path_, errno);
  committed_ = true;
  sync_folder(path_.parent_path());
}

TemporaryFolder::TemporaryFolder() {
  auto pattern = (fs::temp_directory_path() / "ds-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw_io_error("make folder", pattern, errno);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

bool stays_inside(const fs::path& relative) {
  auto text = relative.generic_string();
  for (char& c : text)
    if (c == '\\') c = '/';
  if (text.empty() || text.front() == '/' || (text.size() > 1 && text[1] == ':')) return false;
  for (const auto& part : fs::path(text))
    if (part == "..") return false;
  return true;
}

}  // namespace ds

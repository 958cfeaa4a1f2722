#include "ds/base/atomic_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "file_parts.h"

namespace ds {
namespace fs = std::filesystem;

namespace detail {
namespace {

void sync_opened(const fs::path& path, int (*sync)(int)) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw_io_error("flush", path, errno);
  int failed = sync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed) throw_io_error("flush", path, failed);
}

}  // namespace

void sync_files(const std::vector<fs::path>& files) {
  constexpr std::size_t kFew = 32;
  if (files.size() > kFew) return sync_opened(files.front(), ::syncfs);
  for (const auto& file : files) sync_opened(file, ::fsync);
}

}  // namespace detail

AtomicFiles::~AtomicFiles() {
  for (const auto& file : staged_) ::unlink(file.temporary.c_str());
}

void AtomicFiles::write(const fs::path& path, std::string_view bytes) {
  if (path.has_parent_path()) make_folders(path.parent_path());
  staged_.push_back({detail::temporary_name(path), path});
  int descriptor =
      ::open(staged_.back().temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode);
  if (descriptor < 0) throw_io_error("write", path, errno);
  try {
    detail::write_all(descriptor, bytes, path);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  if (::close(descriptor) != 0) throw_io_error("write", path, errno);
}

void AtomicFiles::commit() {
  std::vector<fs::path> temporaries;
  std::set<fs::path> folders;
  for (const auto& file : staged_) {
    temporaries.push_back(file.temporary);
    folders.insert(file.path.parent_path());
  }
  detail::sync_files(temporaries);
  while (!staged_.empty()) {
    const auto& file = staged_.back();
    if (::rename(file.temporary.c_str(), file.path.c_str()) != 0) throw_io_error("write", file.path, errno);
    staged_.pop_back();
  }
  for (const auto& folder : folders) sync_folder(folder);
}

}  // namespace ds

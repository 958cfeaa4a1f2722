#include "files/folders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "ds/base/error.h"
#include "ds/base/files.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

fs::path hidden_name(const fs::path& place) {
  static std::atomic<unsigned> counter{0};
  return place.parent_path() / fmt::format(".{}.{}-{}.tmp", place.filename().string(), ::getpid(), counter++);
}

void sync_tree(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_directory()) sync_folder(entry.path());
    if (!entry.is_regular_file()) continue;
    int descriptor = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw_io_error("flush", entry.path(), errno);
    int failed = ::fsync(descriptor) != 0 ? errno : 0;
    ::close(descriptor);
    if (failed != 0) throw_io_error("flush", entry.path(), failed);
  }
  sync_folder(folder);
}

struct HiddenFolder {
  explicit HiddenFolder(const fs::path& place) : path(hidden_name(place)) { make_folders(path); }
  ~HiddenFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  HiddenFolder(const HiddenFolder&) = delete;
  HiddenFolder& operator=(const HiddenFolder&) = delete;
  fs::path path;
};

void swap_in(const fs::path& from, const fs::path& place) {
  std::error_code error;
  bool replaces = fs::exists(place, error);
  // An exchange leaves no moment without a folder; the old one is removed under the temporary name.
  int failed = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, place.c_str(), replaces ? RENAME_EXCHANGE : 0);
  if (failed != 0 && replaces && (errno == EINVAL || errno == ENOSYS)) {
    remove_folder(place);
    failed = ::rename(from.c_str(), place.c_str());
  }
  if (failed != 0) throw_io_error("write", place, errno);
  sync_folder(place.parent_path());
}

}  // namespace

void fill_folder(const fs::path& place, const FillFolder& fill,
                 const std::function<void(const std::function<void()>& appear)>& accept) {
  HiddenFolder hidden(place);
  fill(hidden.path);
  sync_tree(hidden.path);
  accept([&] { swap_in(hidden.path, place); });
}

void remove_folder(const fs::path& place) {
  std::error_code error;
  if (!fs::exists(place, error)) return;
  auto hidden = hidden_name(place);
  if (::rename(place.c_str(), hidden.c_str()) != 0) throw_io_error("remove", place, errno);
  sync_folder(place.parent_path());
  fs::remove_all(hidden, error);
}

bool is_temporary_name(const fs::path& path) {
  auto name = path.filename().string();
  return name.size() > 5 && name.front() == '.' && name.find(".tmp") != std::string::npos;
}

}  // namespace ds::detail

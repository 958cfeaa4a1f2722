#include "ds/base/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/base/text.h"

namespace ds {

bool FileLock::acquire() {
  if (descriptor_ < 0) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
    if (descriptor_ < 0) throw_io_error("open lock", path_, errno);
  }
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return false;
    throw_io_error("lock", path_, errno);
  }
  return true;
}

void FileLock::note_owner() const {
  auto owner = fmt::format("{} pid {} since {}\n", program_name(), ::getpid(), utc_now());
  // Only information: a full disk must not keep anyone from holding the lock.
  if (::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, owner.data(), owner.size(), 0) < 0) return;
}

FileLock::FileLock(std::filesystem::path path, const std::string& what, double wait_s)
    : path_(std::move(path)) {
  Stopwatch waited;
  while (!acquire()) {
    if (waited.seconds() >= wait_s) {
      ::close(descriptor_);
      descriptor_ = -1;
      std::string owner;
      try {
        owner = trim(read_file(path_));
      } catch (const Error&) {
      }
      throw Busy(fmt::format("{} is locked by {}", what, owner.empty() ? "another process" : owner),
                 "wait for it to finish, or wait longer with --lock-wait SECONDS");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  note_owner();
}

FileLock::FileLock(FileLock&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<FileLock> FileLock::try_lock(const std::filesystem::path& path) {
  FileLock lock;
  lock.path_ = path;
  if (!lock.acquire()) return std::nullopt;
  lock.note_owner();
  return lock;
}

}  // namespace ds

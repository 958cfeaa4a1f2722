#include "data/picture_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <opencv2/core.hpp>
#include <system_error>

#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/base/walk.h"

namespace ds::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::array<char, 8> kMagic = {'d', 's', 'p', 'i', 'c', '0', '1', '\n'};
constexpr std::uint32_t kMostLevels = 16;

/// A file is this, `levels` LevelHeaders, and the levels' pixels one after another.
struct FileHeader {
  std::array<char, 8> magic = kMagic;
  std::uint32_t levels = 0;
  std::uint32_t checksum = 0;  // CRC-32 of what follows the header
};

struct LevelHeader {
  std::int32_t columns = 0;
  std::int32_t rows = 0;
  PixelGrid grid;
  std::uint64_t bytes() const {
    return static_cast<std::uint64_t>(columns) * static_cast<std::uint64_t>(rows) * 3;
  }
};

/// A file in memory that is unmapped with the last picture that looks at it.
struct Mapping {
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  explicit Mapping(const fs::path& path) {
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && status.st_size > 0) {
      auto* at = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ,
                        MAP_SHARED | MAP_POPULATE, descriptor, 0);
      if (at != MAP_FAILED) {
        data = static_cast<std::uint8_t*>(at);
        size = static_cast<std::size_t>(status.st_size);
      }
    }
    ::close(descriptor);
  }
  ~Mapping() {
    if (data != nullptr) ::munmap(data, size);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
};

std::uint32_t checksum(std::uint32_t before, const void* data, std::size_t size) {
  return static_cast<std::uint32_t>(::crc32_z(before, static_cast<const Bytef*>(data), size));
}

/// The levels, which keep the mapping alive; empty when the file is not what it should be.
std::vector<PictureLevel> levels_of(const std::shared_ptr<const Mapping>& file, bool test) {
  FileHeader header;
  if (file->size < sizeof header) return {};
  std::memcpy(&header, file->data, sizeof header);
  std::uint64_t at = sizeof header + header.levels * sizeof(LevelHeader);
  if (header.magic != kMagic || header.levels == 0 || header.levels > kMostLevels || at > file->size)
    return {};
  if (test && checksum(0, file->data + sizeof header, file->size - sizeof header) != header.checksum)
    return {};
  std::vector<PictureLevel> levels;
  for (std::uint32_t i = 0; i < header.levels; ++i) {
    LevelHeader level;
    std::memcpy(&level, file->data + sizeof header + i * sizeof level, sizeof level);
    if (level.columns <= 0 || level.rows <= 0 || level.bytes() > file->size - at) return {};
    // A shared_ptr to the matrix that also owns the mapping.
    auto owner = std::make_shared<std::pair<std::shared_ptr<const Mapping>, cv::Mat>>(
        file, cv::Mat(level.rows, level.columns, CV_8UC3, file->data + at));
    levels.push_back({std::shared_ptr<const cv::Mat>(owner, &owner->second), level.grid});
    at += level.bytes();
  }
  return at == file->size ? levels : std::vector<PictureLevel>{};
}

std::string bytes_of(const std::vector<PictureLevel>& levels) {
  FileHeader header;
  header.levels = static_cast<std::uint32_t>(levels.size());
  std::string bytes(sizeof header, '\0');
  for (const auto& level : levels) {
    LevelHeader entry;
    entry.columns = level.pixels->cols;
    entry.rows = level.pixels->rows;
    entry.grid = level.grid;
    bytes.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  }
  for (const auto& level : levels)
    for (int y = 0; y < level.pixels->rows; ++y)
      bytes.append(reinterpret_cast<const char*>(level.pixels->ptr(y)),
                   static_cast<std::size_t>(level.pixels->cols) * 3);
  header.checksum = checksum(0, bytes.data() + sizeof header, bytes.size() - sizeof header);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

/// Writes without flushing. @return errno, or 0
int write_quickly(const fs::path& path, const std::string& bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  static std::atomic<int> number = 0;
  auto temporary =
      path.parent_path() / fmt::format(".{}.{}-{}.tmp", path.filename().string(), ::getpid(), ++number);
  int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
  if (descriptor < 0) return errno;
  int failed = 0;
  for (std::size_t done = 0; done < bytes.size() && failed == 0;) {
    auto count = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (count >= 0)
      done += static_cast<std::size_t>(count);
    else if (errno != EINTR)
      failed = errno;
  }
  if (::close(descriptor) != 0 && failed == 0) failed = errno;
  if (failed == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) failed = errno;
  if (failed != 0) ::unlink(temporary.c_str());
  return failed;
}

}  // namespace

// The library's version is part of the place: another one may decode a JPEG to other pixels.
PictureFiles::PictureFiles(fs::path folder, std::uint64_t limit_bytes)
    : folder_(std::move(folder) /
              fmt::format("opencv-{}.{}.{}", CV_VERSION_MAJOR, CV_VERSION_MINOR, CV_VERSION_REVISION)),
      limit_bytes_(limit_bytes) {
  scan();
}

void PictureFiles::scan() {
  for (const auto& file : walk_files(folder_, {.hidden = false, .errors = WalkErrors::ignored})) {
    std::error_code no_size, no_age;
    auto size = fs::file_size(file, no_size);
    auto age = fs::last_write_time(file, no_age);
    auto name = file.filename().string();
    if (no_size || no_age) continue;
    others_.emplace(age.time_since_epoch().count(), std::pair(name, size));
    bytes_ += size;
  }
}

fs::path PictureFiles::path_of(const std::string& name) const {
  return folder_ / name.substr(0, 2) / name;
}

std::vector<PictureLevel> PictureFiles::load(const std::string& name) {
  auto file = std::make_shared<const Mapping>(path_of(name));
  if (file->data == nullptr) return {};
  bool tested = false;
  {
    std::lock_guard lock(mutex_);
    tested = used_.contains(name);
  }
  auto levels = levels_of(file, !tested);
  if (levels.empty()) {
    std::error_code error;
    fs::remove(path_of(name), error);
    return {};
  }
  if (!tested) {
    std::lock_guard lock(mutex_);
    used_.insert(name);
  }
  return levels;
}

/// With the mutex held.
bool PictureFiles::make_room(std::uint64_t bytes) {
  while (bytes_ + bytes > limit_bytes_ && !others_.empty()) {
    auto [name, size] = others_.begin()->second;
    others_.erase(others_.begin());
    if (used_.contains(name)) continue;
    std::error_code error;
    fs::remove(path_of(name), error);
    bytes_ -= std::min(bytes_, size);
  }
  return bytes_ + bytes <= limit_bytes_;
}

void PictureFiles::store(const std::string& name, const std::vector<PictureLevel>& levels) {
  auto bytes = bytes_of(levels);
  {
    std::lock_guard lock(mutex_);
    if (!accepts_ || used_.contains(name) || !make_room(bytes.size())) return;
    used_.insert(name);
    bytes_ += bytes.size();
  }
  const int failed = write_quickly(path_of(name), bytes);
  if (failed == 0) return;
  std::lock_guard lock(mutex_);
  used_.erase(name);
  bytes_ -= bytes.size();
  if (!accepts_) return;
  accepts_ = false;
  log::warning(
      fmt::format("decoded pictures cannot be kept in {}: {}; training goes on and decodes them again",
                  folder_.string(), std::generic_category().message(failed)));
}

std::uint64_t PictureFiles::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace ds::detail

#include "facts_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <sstream>

#include "ds/base/error.h"
#include "ds/base/files.h"

namespace ds::detail {

namespace {

// A later version that writes other lines changes it, and this one begins anew.
constexpr std::string_view kHead = "ds import facts 1\n";
constexpr std::size_t kMostBuffered = 1 << 16;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::optional<FileStamp> FileStamp::of(const std::filesystem::path& file) {
  struct stat status {};
  timespec now{};
  if (::stat(file.c_str(), &status) != 0 || ::clock_gettime(CLOCK_REALTIME, &now) != 0) return std::nullopt;
  // Two changes within one tick of the file system's clock leave the same time.
  constexpr std::int64_t kSettledNs = 50'000'000;
  FileStamp stamp{status.st_size, nanoseconds(status.st_mtim), status.st_ino};
  auto age = nanoseconds(now) - stamp.mtime_ns;
  if (age < kSettledNs) return std::nullopt;
  return stamp;
}

FactsLog::FactsLog(std::filesystem::path file, bool writable)
    : file_(std::move(file)), last_write_(seconds_now()) {
  if (file_.empty()) return;
  load();
  if (!writable) return;
  try {
    make_folders(file_.parent_path());
  } catch (const Error&) {
    return;
  }
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kFileMode);
  if (descriptor_ >= 0 && ::lseek(descriptor_, 0, SEEK_END) == 0) buffer_ = kHead;
}

FactsLog::~FactsLog() {
  flush();
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FactsLog::load() {
  std::string text;
  try {
    text = read_file(file_);
  } catch (const Error&) {
    return;  // the first import of this source
  }
  auto whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  if (!text.starts_with(kHead)) whole = 0;
  if (whole != text.size() && ::truncate(file_.c_str(), static_cast<off_t>(whole)) != 0) return;
  for (auto start = kHead.size(); start < whole;) {
    auto end = text.find('\n', start);
    std::istringstream line(text.substr(start, end - start));
    start = end + 1;
    Known known;
    int format = 0;
    auto& header = known.facts.header;
    line >> known.stamp.size >> known.stamp.mtime_ns >> known.stamp.inode >> format >> header.raw_width >>
        header.raw_height >> header.orientation >> header.more_pictures >> known.facts.sha256;
    std::string path;
    if (!std::getline(line.ignore(1), path) || !is_sha256(known.facts.sha256)) continue;
    header.format = static_cast<ImageFormat>(format);
    known_.insert_or_assign(std::move(path), std::move(known));
  }
}

std::optional<FileFacts> FactsLog::find(const std::string& path, const FileStamp& stamp) const {
  auto known = known_.find(path);
  if (known == known_.end() || known->second.stamp != stamp) return std::nullopt;
  return known->second.facts;
}

void FactsLog::add(const std::string& path, const FileStamp& stamp, const FileFacts& facts) {
  if (descriptor_ < 0 || path.find('\n') != std::string::npos) return;
  const auto& header = facts.header;
  auto line = fmt::format("{} {} {} {} {} {} {} {} {} {}\n", stamp.size, stamp.mtime_ns, stamp.inode,
                          static_cast<int>(header.format), header.raw_width, header.raw_height,
                          header.orientation, header.more_pictures ? 1 : 0, facts.sha256, path);
  std::lock_guard lock(mutex_);
  buffer_ += line;
  if (buffer_.size() >= kMostBuffered || seconds_now() > last_write_) write_buffer();
}

void FactsLog::flush() {
  std::lock_guard lock(mutex_);
  write_buffer();
}

void FactsLog::write_buffer() {
  last_write_ = seconds_now();
  std::string_view rest = buffer_;
  while (descriptor_ >= 0 && !rest.empty()) {
    auto written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      ::close(descriptor_);
      descriptor_ = -1;
    } else {
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  buffer_.clear();
}

}  // namespace ds::detail

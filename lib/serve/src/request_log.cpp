#include "request_log.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"

namespace ds::detail {
namespace fs = std::filesystem;

RequestLog::RequestLog(fs::path folder, std::uint64_t max_bytes)
    : file_(folder / "requests.jsonl"), older_(folder / "requests.1.jsonl"), max_bytes_(max_bytes) {
  make_folders(folder);
  std::error_code absent;
  auto size = fs::file_size(file_, absent);
  bytes_ = absent ? 0 : size;
}

void RequestLog::add(const std::string& line) {
  std::lock_guard guard(mutex_);
  try {
    if (bytes_ > 0 && bytes_ + line.size() + 1 > max_bytes_) {
      fs::rename(file_, older_);
      bytes_ = 0;
    }
    append_line(file_, line);
    bytes_ += line.size() + 1;
  } catch (const std::exception& error) {
    if (!warned_) log::warning(fmt::format("requests are not logged: {}", error.what()));
    warned_ = true;
  }
}

}  // namespace ds::detail

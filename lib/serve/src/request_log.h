#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

namespace ds::detail {

/// requests.jsonl: one line for each picture answered. At `max_bytes` it becomes requests.1.jsonl (replacing
/// the one before) and a new file begins, so that it never fills the disk. A line that cannot be written is
/// dropped with one warning: requests matter more than their log.
class RequestLog {
 public:
  explicit RequestLog(std::filesystem::path folder, std::uint64_t max_bytes = 64 << 20);
  void add(const std::string& line);

 private:
  const std::filesystem::path file_;
  const std::filesystem::path older_;
  const std::uint64_t max_bytes_;
  std::mutex mutex_;
  std::uint64_t bytes_ = 0;
  bool warned_ = false;
};

}  // namespace ds::detail

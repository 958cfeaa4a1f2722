#pragma once

#include <chrono>
#include <string>

namespace ds {

/// Now, UTC: `2026-11-22T09:30:05.123Z`. DS_FAKE_NOW (same text) replaces it in golden transcripts.
std::string utc_now();
/// `20261122-093005`, for ids that sort by time.
std::string utc_now_compact();
/// Seconds since 1970 of an ISO text as above (with or without milliseconds); throws UsageError.
double parse_utc(const std::string& text);
double unix_now();

/// Wall time since construction, in seconds.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  void restart() { start_ = std::chrono::steady_clock::now(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace ds

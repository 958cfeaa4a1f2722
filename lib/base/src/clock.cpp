#include "ds/base/clock.h"

#include <fmt/format.h>
#include <time.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "ds/base/error.h"

namespace ds {
namespace {

std::string format_utc(double seconds) {
  auto milliseconds = static_cast<long long>(std::floor(seconds * 1000));
  time_t whole = static_cast<time_t>(milliseconds / 1000);
  tm parts{};
  gmtime_r(&whole, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds % 1000);
}

}  // namespace

double unix_now() {
  if (const char* fake = std::getenv("DS_FAKE_NOW")) return parse_utc(fake);
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string utc_now() {
  return format_utc(unix_now());
}

std::string utc_now_compact() {
  auto text = utc_now();
  return text.substr(0, 4) + text.substr(5, 2) + text.substr(8, 2) + "-" + text.substr(11, 2) +
         text.substr(14, 2) + text.substr(17, 2);
}

double parse_utc(const std::string& text) {
  tm parts{};
  double seconds = 0;
  char separator = 0;
  int count = std::sscanf(text.c_str(), "%d-%d-%d%c%d:%d:%lf", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                          &separator, &parts.tm_hour, &parts.tm_min, &seconds);
  if (count != 3 && count != 6 && count != 7)
    throw UsageError(fmt::format("'{}' is not a time; write it as 2026-11-22T09:30:00Z", text));
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return static_cast<double>(timegm(&parts)) + seconds;
}

}  // namespace ds

#include "machine.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "ds/base/text.h"

namespace ds::detail {

namespace {

/// The value of the first `key : value` line; empty when there is none.
std::string value_in(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || trim(std::string_view(line).substr(0, colon)) != key) continue;
    return std::string(trim(std::string_view(line).substr(colon + 1)));
  }
  return {};
}

/// "VmRSS:    1234 kB" in bytes; 0 when the kernel does not say.
std::int64_t status_bytes(const std::string& key) {
  const auto words = split_words(value_in("/proc/self/status", key));
  return words.empty() ? 0 : parse_int(words.front()).value_or(0) * 1024;
}

}  // namespace

EvaluatedMachine this_machine(int threads) {
  EvaluatedMachine machine;
  machine.cpu = value_in("/proc/cpuinfo", "model name");
  machine.processors = static_cast<int>(std::thread::hardware_concurrency());
  machine.threads = threads;
  return machine;
}

std::int64_t peak_memory_bytes() {
  return status_bytes("VmHWM");
}

MemoryGrowth::MemoryGrowth() : peak_before_(peak_memory_bytes()) {
  // "5" sets VmHWM to the present size (proc(5), clear_refs).
  std::ofstream("/proc/self/clear_refs") << "5";
  before_ = status_bytes("VmHWM");
}

std::int64_t MemoryGrowth::bytes() const {
  return std::max<std::int64_t>(0, status_bytes("VmHWM") - before_);
}

}  // namespace ds::detail

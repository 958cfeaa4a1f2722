#include "machine.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>

#include "ds/base/process.h"
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

std::int64_t peak() {
  return static_cast<std::int64_t>(peak_memory_bytes());
}

}  // namespace

EvaluatedMachine this_machine(int threads) {
  EvaluatedMachine machine;
  machine.cpu = value_in("/proc/cpuinfo", "model name");
  machine.processors = static_cast<int>(std::thread::hardware_concurrency());
  machine.threads = threads;
  return machine;
}

MemoryGrowth::MemoryGrowth() : peak_before_(peak()) {
  // "5" sets the peak to the present size (proc(5), clear_refs).
  std::ofstream("/proc/self/clear_refs") << "5";
  before_ = peak();
}

std::int64_t MemoryGrowth::bytes() const {
  return std::max<std::int64_t>(0, peak() - before_);
}

}  // namespace ds::detail

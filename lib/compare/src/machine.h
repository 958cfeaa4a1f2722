#pragma once

#include <cstdint>

#include "ds/metrics/evaluation.h"

/// What the kernel says about this machine and process.
namespace ds::detail {

/// @param threads that were asked for; 0: the engine chooses
EvaluatedMachine this_machine(int threads);

/// By how much the process's peak grows from here on. Sets the kernel's peak back, so that what other
/// work needed before does not hide the growth; where the kernel refuses that, only growth beyond the
/// old peak is seen.
class MemoryGrowth {
 public:
  MemoryGrowth();
  std::int64_t bytes() const;
  /// The peak that was set back.
  std::int64_t peak_before() const { return peak_before_; }

 private:
  std::int64_t peak_before_ = 0;
  std::int64_t before_ = 0;
};

}  // namespace ds::detail

#pragma once

#include <cstdint>
#include <string>

namespace ds {

/// One of `count` jobs that import a source together; each takes the images whose name's hash falls to it.
struct Shard {
  std::int64_t index = 0;  // 0 .. count - 1
  std::int64_t count = 1;

  /// "2/8"; or "auto": SLURM_ARRAY_TASK_ID with _MIN, _STEP and _COUNT; or "auto/8": those without _COUNT, or
  /// JOB_COMPLETION_INDEX of a Kubernetes indexed job. Throws UsageError for anything else, for a missing
  /// variable and for an index outside.
  static Shard parse(const std::string& text);
  bool is_all() const { return count == 1; }
  /// The same on every machine, whatever else is imported. Of an image's name, or of its video's.
  bool takes(const std::string& name) const;
  /// `2/8`
  std::string to_string() const;
};

}  // namespace ds

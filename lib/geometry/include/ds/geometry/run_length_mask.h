#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ds/geometry/box.h"

namespace ds {

/// A binary mask as COCO's run lengths: column-major, the first run counts zeros (it may be 0), the runs sum
/// to height * width.
struct RunLengthMask {
  int height = 0;
  int width = 0;
  std::vector<std::uint32_t> counts;

  std::uint64_t area() const;
  /// [min column, min row, max column + 1, max row + 1]; all 0 when empty.
  Box bounds() const;
  bool operator==(const RunLengthMask&) const = default;
};

/// COCO's compressed string: 5 bits a character + 48, bit 0x20 "more", from the fourth run on the difference
/// to the run before the last. Throws DataError on a text that is no such string or does not sum to the size.
RunLengthMask decode_run_length(std::string_view text, int height, int width);
std::string encode_run_length(const RunLengthMask& mask);
/// Runs as they stand in an uncompressed file. Throws DataError when they do not sum to the size.
RunLengthMask mask_from_runs(std::vector<std::uint32_t> runs, int height, int width);

/// Pixels of both, and of either. Throw DataError when the sizes differ.
std::uint64_t shared_area(const RunLengthMask& a, const RunLengthMask& b);
RunLengthMask united(const RunLengthMask& a, const RunLengthMask& b);

}  // namespace ds

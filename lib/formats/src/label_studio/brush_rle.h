#pragma once

#include <cstdint>
#include <vector>

#include "ds/geometry/run_length_mask.h"

/// Label Studio's brush masks: the RGBA values of the picture, row by row, as a stream of bits (most
/// significant first). 32 bits: how many values; 5 bits: bits of a value - 1; four times 4 bits: bits of a
/// run's length - 1, in four sizes. Then runs until all values are there: 1 bit (1: one value repeated, 0:
/// values that differ), 2 bits: which size the length has, the length - 1, and the value or values. A pixel
/// is inside when its fourth value (alpha) is not 0.
namespace ds::detail {

/// Throws DataError when the bits end too early or the count of values is not 4 * width * height.
RunLengthMask decode_brush(const std::vector<std::uint8_t>& bytes, int width, int height);
/// Inside is 255 in all four values, outside 0.
std::vector<std::uint8_t> encode_brush(const RunLengthMask& mask);

}  // namespace ds::detail

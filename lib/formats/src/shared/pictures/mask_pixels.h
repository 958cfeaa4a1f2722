#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ds/geometry/run_length_mask.h"

/// Masks as pixels and as pictures.
namespace ds::detail {

/// Row by row, true inside.
std::vector<bool> pixels_of(const RunLengthMask& mask);
/// @param pixels row by row, width * height of them
RunLengthMask mask_of_pixels(const std::vector<bool>& pixels, int width, int height);

/// A picture as a mask: what is not black is inside.
struct PictureMask {
  int width = 0;
  int height = 0;
  std::vector<bool> pixels;
};
/// Throws DataError naming `name` when the bytes are no picture.
PictureMask mask_of_picture(std::string_view bytes, const std::string& name);
/// The mask's picture laid into a frame, its corner at (left, top); what reaches outside is cut off.
RunLengthMask placed(const PictureMask& picture, int left, int top, int width, int height);
/// The mask's picture scaled to a frame, by the nearest pixel.
RunLengthMask scaled(const PictureMask& picture, int width, int height);
/// The part of the mask inside `part` (whole pixels) as a grey PNG, 255 inside.
std::string picture_of_mask(const RunLengthMask& mask, const Box& part);

/// Nothing when it is no base64; a `data:...;base64,` in front and line ends are passed over.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace ds::detail

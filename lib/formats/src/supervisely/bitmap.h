#pragma once

#include <string>

#include "shared/pictures/mask_pixels.h"

namespace ds::detail {

/// The mask of Supervisely's bitmaps: base64 of a zlib stream of a PNG. What is not transparent is inside; of a
/// PNG without transparency what is not black. Throws DataError `it ...`.
PictureMask supervisely_bitmap(const std::string& base64);

}  // namespace ds::detail

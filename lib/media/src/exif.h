#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "byte_reader.h"

namespace ds::detail {

/// One entry of a TIFF directory, as EXIF and TIFF files have them.
struct TiffEntry {
  std::uint32_t tag = 0;
  std::uint32_t type = 0;
  std::uint32_t count = 0;
  std::uint64_t value_at = 0;  // offset of the value (or of the first of them)
};

/// The byte order of a TIFF block; nothing when it is none.
std::optional<bool> tiff_is_big_endian(std::string_view tiff);
/// Calls `take` for every entry of the first directory; stops at the end of the bytes.
void for_each_tiff_entry(const ByteReader& tiff, const std::function<void(const TiffEntry&)>& take);
/// The value number `index` of an entry of type SHORT or LONG.
std::optional<std::uint32_t> tiff_value(const ByteReader& tiff, const TiffEntry& entry,
                                        std::uint32_t index = 0);
/// Orientation 1..8 of an EXIF block (with or without its `Exif\0\0`); 1 when it has none or is broken.
int exif_orientation(std::string_view exif);

}  // namespace ds::detail

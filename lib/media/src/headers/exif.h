#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "headers/byte_reader.h"

namespace ds::detail {

/// One entry of a TIFF directory, as EXIF, TIFF, BigTIFF and the index of an MPO have them.
struct TiffEntry {
  std::uint32_t tag = 0;
  std::uint32_t type = 0;
  std::uint64_t count = 0;
  std::uint64_t value_at = 0;  // offset of the value (or of the first of them)
};

/// The byte order of a TIFF or BigTIFF block; nothing when it is none.
std::optional<bool> tiff_is_big_endian(std::string_view tiff);
/// Where the first directory stands.
std::optional<std::uint64_t> first_tiff_directory(const ByteReader& tiff);
/// Calls `take` for every entry of a directory; stops at the end of the bytes.
/// @return where the next directory stands; nothing when there is none
std::optional<std::uint64_t> for_each_tiff_entry(const ByteReader& tiff, std::uint64_t directory,
                                                 const std::function<void(const TiffEntry&)>& take);
/// Of the first directory.
void for_each_tiff_entry(const ByteReader& tiff, const std::function<void(const TiffEntry&)>& take);
/// The value number `index` of an entry of type SHORT, LONG or LONG8.
std::optional<std::uint64_t> tiff_value(const ByteReader& tiff, const TiffEntry& entry,
                                        std::uint64_t index = 0);
/// Orientation 1..8 of an EXIF block (with or without its `Exif\0\0`); 1 when it has none or is broken.
int exif_orientation(std::string_view exif);

}  // namespace ds::detail

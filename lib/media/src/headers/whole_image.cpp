#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <optional>

#include "ds/base/error.h"
#include "ds/media/image_header.h"
#include "headers/byte_reader.h"
#include "headers/exif.h"
#include "headers/gif_blocks.h"

namespace ds {
namespace {

using detail::ByteReader;

// Each check returns what is missing, or nothing when the picture is whole.
using Missing = std::optional<std::string>;

Missing check_jpeg(std::string_view bytes) {
  ByteReader in(bytes, true);
  std::uint64_t at = 2;
  const Missing no_end = "no end marker";
  bool scan_seen = false;
  for (;;) {
    // Between a scan's header and the next marker stands entropy-coded data: FF 00 is a stuffed FF, FF D0..D7
    // a restart. Both are passed over here like the junk that decoders skip.
    auto found = bytes.find('\xFF', at);
    if (found == std::string_view::npos) return no_end;
    at = found;
    while (in.u8(at) == 0xFFU) ++at;
    auto marker = in.u8(at);
    if (!marker) return no_end;
    ++at;
    if (*marker == 0 || *marker == 1 || (*marker >= 0xD0 && *marker <= 0xD8)) continue;
    if (*marker == 0xD9) return scan_seen ? Missing{} : Missing{"no picture data"};
    if (*marker == 0xDA) scan_seen = true;
    auto length = in.u16(at);
    if (!length) return no_end;
    at += *length;
  }
}

Missing check_png(std::string_view bytes) {
  ByteReader in(bytes, true);
  for (std::uint64_t at = 8;;) {
    auto length = in.u32(at);
    if (!length) return "no IEND chunk";
    std::uint64_t end = at + 8 + *length;
    auto expected = in.u32(end);
    if (!expected) return fmt::format("the chunk at byte {} is incomplete", at);
    auto* start = reinterpret_cast<const Bytef*>(bytes.data() + at + 4);
    auto actual = ::crc32_z(0, start, std::size_t{*length} + 4);
    // Decoders forgive a wrong checksum in chunks that do not carry the picture.
    bool critical = (static_cast<unsigned char>(bytes[at + 4]) & 0x20) == 0;
    if (critical && actual != *expected)
      return fmt::format("the chunk at byte {} has checksum {:08x}, its data give {:08x}", at, *expected,
                         actual);
    if (in.has(at + 4, "IEND")) return std::nullopt;
    at = end + 4;
  }
}

Missing check_bmp(std::string_view bytes, const ImageHeader& header) {
  ByteReader in(bytes, false);
  auto offset = in.u32(10);
  auto info = in.u32(14);
  auto bits = info == 12U ? in.u16(24) : in.u16(28);
  auto compression = info == 12U ? std::optional<std::uint32_t>(0) : in.u32(30);
  if (!offset || !bits || !compression) return "the header is incomplete";
  if (*compression != 0 && *compression != 3) return std::nullopt;  // run lengths: the decoder tells
  std::uint64_t row = (static_cast<std::uint64_t>(header.raw_width) * *bits + 31) / 32 * 4;
  std::uint64_t needed = *offset + row * static_cast<std::uint64_t>(header.raw_height);
  if (bytes.size() >= needed) return std::nullopt;
  return fmt::format("it has {} bytes of {}", bytes.size(), needed);
}

Missing check_tiff(std::string_view bytes) {
  ByteReader in(bytes, *detail::tiff_is_big_endian(bytes));
  std::optional<detail::TiffEntry> offsets;
  std::optional<detail::TiffEntry> counts;
  detail::for_each_tiff_entry(in, [&](const detail::TiffEntry& entry) {
    if (entry.tag == 273 || entry.tag == 324) offsets = entry;
    if (entry.tag == 279 || entry.tag == 325) counts = entry;
  });
  if (!offsets || !counts) return std::nullopt;  // the decoder tells
  for (std::uint64_t i = 0; i < offsets->count; ++i) {
    auto offset = detail::tiff_value(in, *offsets, i);
    auto count = detail::tiff_value(in, *counts, i);
    if (!offset || !count) return "the directory is incomplete";
    if (*offset > bytes.size() || *count > bytes.size() - *offset)
      return fmt::format("strip {} is {} bytes from byte {} of {}", i, *count, *offset, bytes.size());
  }
  return std::nullopt;
}

Missing check_webp(std::string_view bytes) {
  auto declared = ByteReader(bytes, false).u32(4);
  std::uint64_t needed = declared ? 8ULL + *declared : 12;
  if (bytes.size() + 1 >= needed) return std::nullopt;  // some writers forget the padding byte
  return fmt::format("it has {} bytes of {}", bytes.size(), needed);
}

Missing check_gif(std::string_view bytes) {
  // One whole picture is all that is used.
  if (detail::gif_pictures(ByteReader(bytes, false), 1) == 1) return std::nullopt;
  return "its first picture is missing or incomplete";
}

}  // namespace

void require_whole_image(std::string_view bytes, const ImageHeader& header, const std::string& name) {
  Missing missing;
  switch (header.format) {
    case ImageFormat::jpeg:
      missing = check_jpeg(bytes);
      break;
    case ImageFormat::png:
      missing = check_png(bytes);
      break;
    case ImageFormat::bmp:
      missing = check_bmp(bytes, header);
      break;
    case ImageFormat::tiff:
      missing = check_tiff(bytes);
      break;
    case ImageFormat::webp:
      missing = check_webp(bytes);
      break;
    case ImageFormat::gif:
      missing = check_gif(bytes);
      break;
  }
  if (missing) {
    throw DataError(
        fmt::format("{}: the {} is cut short or damaged: {}", name, to_string(header.format), *missing),
        "copy the file again from where it came from");
  }
}

}  // namespace ds

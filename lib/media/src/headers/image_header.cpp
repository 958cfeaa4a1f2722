#include "ds/media/image_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "ds/base/error.h"
#include "ds/base/mapped_file.h"
#include "ds/base/text.h"
#include "headers/byte_reader.h"
#include "headers/exif.h"
#include "headers/gif_blocks.h"

namespace ds {
namespace {

using detail::ByteReader;

constexpr const char* kNames[] = {"jpeg", "png", "bmp", "tiff", "webp", "gif"};
constexpr const char* kExtensions[] = {".jpg", ".png", ".bmp", ".tif", ".webp", ".gif"};

// Each reader returns nothing when the header is broken or does not state a size.
using Found = std::optional<ImageHeader>;

// Whether an MPF segment (the index of an MPO) lists views of equal rank: panorama, stereo, other angles.
bool lists_views(std::string_view index) {
  auto big_endian = detail::tiff_is_big_endian(index);
  if (!big_endian) return false;
  ByteReader in(index, *big_endian);
  constexpr std::uint32_t kEntries = 0xB002;
  constexpr std::uint64_t kEntrySize = 16;
  int views = 0;
  detail::for_each_tiff_entry(in, [&](const detail::TiffEntry& entry) {
    if (entry.tag != kEntries) return;
    for (std::uint64_t at = 0; at + kEntrySize <= entry.count; at += kEntrySize) {
      auto attribute = entry.value_at < in.size() ? in.u32(entry.value_at + at) : std::nullopt;
      if (!attribute) return;
      views += (*attribute & 0xFFFFFF) >> 16 == 2;
    }
  });
  return views > 1;
}

Found read_jpeg(std::string_view bytes) {
  ByteReader in(bytes, true);
  ImageHeader header{ImageFormat::jpeg};
  std::uint64_t at = 2;
  for (;;) {
    // Decoders skip junk before a marker, and a marker may be preceded by fill bytes.
    while (at < bytes.size() && in.u8(at) != 0xFFU) ++at;
    while (at < bytes.size() && in.u8(at) == 0xFFU) ++at;
    auto marker = in.u8(at);
    if (!marker) return std::nullopt;
    ++at;
    if (*marker == 0 || *marker == 1 || (*marker >= 0xD0 && *marker <= 0xD8)) continue;
    if (*marker == 0xD9 || *marker == 0xDA) return std::nullopt;
    auto length = in.u16(at);
    if (!length || *length < 2) return std::nullopt;
    bool frame = *marker >= 0xC0 && *marker <= 0xCF && *marker != 0xC4 && *marker != 0xC8 && *marker != 0xCC;
    if (frame) {
      auto height = in.u16(at + 3);
      auto width = in.u16(at + 5);
      if (!height || !width) return std::nullopt;
      header.raw_width = static_cast<int>(*width);
      header.raw_height = static_cast<int>(*height);
      return header;
    }
    if (*marker == 0xE1 && in.has(at + 2, std::string_view("Exif\0\0", 6)))
      header.orientation = detail::exif_orientation(bytes.substr(at + 2, *length - 2));
    if (*marker == 0xE2 && in.has(at + 2, std::string_view("MPF\0", 4)))
      header.more_pictures = lists_views(bytes.substr(at + 6, std::max(6U, *length) - 6));
    at += *length;
  }
}

Found read_png(std::string_view bytes) {
  ByteReader in(bytes, true);
  ImageHeader header{ImageFormat::png};
  auto width = in.u32(16);
  auto height = in.u32(20);
  if (!in.has(12, "IHDR") || !width || !height || *width > 0x7FFFFFFF || *height > 0x7FFFFFFF)
    return std::nullopt;
  header.raw_width = static_cast<int>(*width);
  header.raw_height = static_cast<int>(*height);
  for (std::uint64_t at = 8;;) {
    auto length = in.u32(at);
    if (!length || in.has(at + 4, "IEND")) break;
    if (in.has(at + 4, "eXIf") && in.size() - (at + 8) >= *length)
      header.orientation = detail::exif_orientation(bytes.substr(at + 8, *length));
    if (in.has(at + 4, "acTL")) header.more_pictures = in.u32(at + 8).value_or(0) > 1;
    at += 12ULL + *length;
  }
  return header;
}

Found read_bmp(std::string_view bytes) {
  ByteReader in(bytes, false);
  ImageHeader header{ImageFormat::bmp};
  auto info = in.u32(14);
  if (!info) return std::nullopt;
  if (*info == 12) {
    auto width = in.u16(18);
    auto height = in.u16(20);
    if (!width || !height) return std::nullopt;
    header.raw_width = static_cast<int>(*width);
    header.raw_height = static_cast<int>(*height);
    return header;
  }
  auto width = in.u32(18);
  auto height = in.u32(22);
  if (!width || !height || *width > 0x7FFFFFFF) return std::nullopt;
  // A negative height means rows from the top.
  auto rows = static_cast<std::int64_t>(static_cast<std::int32_t>(*height));
  header.raw_width = static_cast<int>(*width);
  header.raw_height = static_cast<int>(std::min<std::int64_t>(rows < 0 ? -rows : rows, 0x7FFFFFFF));
  return header;
}

Found read_tiff(std::string_view bytes) {
  ByteReader in(bytes, *detail::tiff_is_big_endian(bytes));
  ImageHeader header{ImageFormat::tiff};
  auto directory = detail::first_tiff_directory(in);
  if (!directory) return std::nullopt;
  auto next = detail::for_each_tiff_entry(in, *directory, [&](const detail::TiffEntry& entry) {
    auto value = detail::tiff_value(in, entry);
    if (!value || *value > 0x7FFFFFFF) return;
    if (entry.tag == 256) header.raw_width = static_cast<int>(*value);
    if (entry.tag == 257) header.raw_height = static_cast<int>(*value);
    if (entry.tag == 274 && *value >= 1 && *value <= 8) header.orientation = static_cast<int>(*value);
  });
  // Directories may be chained in a ring.
  constexpr int kLookedAt = 8;
  for (int i = 0; next && i < kLookedAt && !header.more_pictures; ++i) {
    bool is_thumbnail = false;
    next = detail::for_each_tiff_entry(in, *next, [&](const detail::TiffEntry& entry) {
      if (entry.tag == 254) is_thumbnail = (detail::tiff_value(in, entry).value_or(0) & 1) != 0;
    });
    header.more_pictures = !is_thumbnail;
  }
  return header;
}

Found read_webp(std::string_view bytes) {
  ByteReader in(bytes, false);
  ImageHeader header{ImageFormat::webp};
  auto set_size = [&](std::uint32_t width, std::uint32_t height) {
    header.raw_width = static_cast<int>(width);
    header.raw_height = static_cast<int>(height);
  };
  if (in.has(12, "VP8 ") && in.has(23, "\x9d\x01\x2a")) {
    auto width = in.u16(26);
    auto height = in.u16(28);
    if (!width || !height) return std::nullopt;
    set_size(*width & 0x3FFF, *height & 0x3FFF);
  } else if (in.has(12, "VP8L") && in.has(20, "\x2f")) {
    auto bits = in.u32(21);
    if (!bits) return std::nullopt;
    set_size((*bits & 0x3FFF) + 1, ((*bits >> 14) & 0x3FFF) + 1);
  } else if (in.has(12, "VP8X")) {
    auto width = in.u24(24);
    auto height = in.u24(27);
    if (!width || !height) return std::nullopt;
    set_size(*width + 1, *height + 1);
    header.more_pictures = (in.u8(20).value_or(0) & 2) != 0;  // animated
    for (std::uint64_t at = 12;;) {
      auto length = in.u32(at + 4);
      if (!length) break;
      if (in.has(at, "EXIF") && in.size() - (at + 8) >= *length)
        header.orientation = detail::exif_orientation(bytes.substr(at + 8, *length));
      at += 8ULL + *length + (*length & 1);
    }
  } else {
    return std::nullopt;
  }
  return header;
}

Found read_gif(std::string_view bytes) {
  ByteReader in(bytes, false);
  auto width = in.u16(6);
  auto height = in.u16(8);
  if (!width || !height) return std::nullopt;
  ImageHeader header{ImageFormat::gif, static_cast<int>(*width), static_cast<int>(*height)};
  header.more_pictures = detail::gif_pictures(in, 2) > 1;
  return header;
}

std::optional<ImageFormat> format_of(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xD8")) return ImageFormat::jpeg;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return ImageFormat::png;
  if (bytes.starts_with("BM") && bytes.size() >= 26) return ImageFormat::bmp;
  if (detail::tiff_is_big_endian(bytes)) return ImageFormat::tiff;
  if (bytes.starts_with("RIFF") && bytes.substr(std::min<std::size_t>(8, bytes.size())).starts_with("WEBP"))
    return ImageFormat::webp;
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) return ImageFormat::gif;
  return std::nullopt;
}

// HEIC and AVIF are pictures in the boxes of an MP4 file; the first box says which.
const char* unread_format_of(std::string_view bytes) {
  if (bytes.size() < 12 || bytes.substr(4, 4) != "ftyp") return nullptr;
  auto brand = bytes.substr(8, 4);
  for (const char* heic : {"heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"})
    if (brand == heic) return "HEIC";
  return brand == "avif" || brand == "avis" ? "AVIF" : nullptr;
}

bool has_suffix_in(const std::filesystem::path& file, std::initializer_list<std::string_view> suffixes) {
  auto name = to_lower(file.filename().string());
  return std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) {
    return name.size() > suffix.size() && name.ends_with(suffix);
  });
}

}  // namespace

std::string to_string(ImageFormat format) {
  return kNames[static_cast<int>(format)];
}
std::string extension_of(ImageFormat format) {
  return kExtensions[static_cast<int>(format)];
}

std::int64_t max_image_pixels() {
  constexpr const char* kVariable = "DS_MAX_IMAGE_PIXELS";
  const char* text = std::getenv(kVariable);
  if (text == nullptr || *text == 0) return kMaxImagePixels;
  auto value = parse_int(text);
  if (!value || *value <= 0)
    throw UsageError(fmt::format("{} is '{}'; give a whole number of pixels", kVariable, text));
  return *value;
}

ImageHeader read_image_header(std::string_view bytes, const std::string& name, std::int64_t max_pixels) {
  if (bytes.empty()) throw DataError(fmt::format("{}: the file is empty", name));
  auto format = format_of(bytes);
  if (const char* unread = format ? nullptr : unread_format_of(bytes))
    throw DataError(fmt::format("{}: a picture in {}, which is not read", name, unread),
                    "save it as JPEG or PNG, say with ImageMagick: mogrify -format jpg *.heic");
  if (!format)
    throw DataError(fmt::format("{}: not an image (known: jpeg, png, bmp, tiff, webp, gif)", name));
  Found header;
  switch (*format) {
    case ImageFormat::jpeg:
      header = read_jpeg(bytes);
      break;
    case ImageFormat::png:
      header = read_png(bytes);
      break;
    case ImageFormat::bmp:
      header = read_bmp(bytes);
      break;
    case ImageFormat::tiff:
      header = read_tiff(bytes);
      break;
    case ImageFormat::webp:
      header = read_webp(bytes);
      break;
    case ImageFormat::gif:
      header = read_gif(bytes);
      break;
  }
  if (!header || header->raw_width <= 0 || header->raw_height <= 0)
    throw DataError(fmt::format("{}: broken {} header: it states no size", name, to_string(*format)));
  auto pixels = std::int64_t{header->raw_width} * header->raw_height;
  if (pixels > max_pixels) {
    throw DataError(fmt::format("{}: {}x{} is {} pixels, more than the {} allowed", name, header->raw_width,
                                header->raw_height, pixels, max_pixels),
                    "if it is meant, raise the limit with DS_MAX_IMAGE_PIXELS");
  }
  return *header;
}

ImageHeader read_image_header(const std::filesystem::path& file, std::int64_t max_pixels) {
  MappedFile mapped(file);
  return read_image_header(mapped.bytes(), file.string(), max_pixels);
}

bool suffix_fits(const std::filesystem::path& file, ImageFormat format) {
  if (!has_image_suffix(file)) return true;
  switch (format) {
    case ImageFormat::jpeg:
      return has_suffix_in(file, {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"});
    case ImageFormat::bmp:
      return has_suffix_in(file, {".bmp", ".dib"});
    case ImageFormat::tiff:
      return has_suffix_in(file, {".tif", ".tiff"});
    default:
      return has_suffix_in(file, {extension_of(format)});
  }
}

bool has_image_suffix(const std::filesystem::path& file) {
  return has_suffix_in(file, {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".bmp", ".dib", ".tif",
                              ".tiff", ".webp", ".gif", ".heic", ".heif", ".avif"});
}

bool has_video_suffix(const std::filesystem::path& file) {
  return has_suffix_in(file, {".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv",
                              ".flv", ".ts", ".3gp"});
}

bool has_archive_suffix(const std::filesystem::path& file) {
  return has_suffix_in(
      file, {".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"});
}

}  // namespace ds

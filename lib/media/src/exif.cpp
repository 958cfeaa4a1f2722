#include "exif.h"

namespace ds::detail {

std::optional<bool> tiff_is_big_endian(std::string_view tiff) {
  if (tiff.starts_with(std::string_view("II*\0", 4))) return false;
  if (tiff.starts_with(std::string_view("MM\0*", 4))) return true;
  return std::nullopt;
}

void for_each_tiff_entry(const ByteReader& tiff, const std::function<void(const TiffEntry&)>& take) {
  auto directory = tiff.u32(4);
  if (!directory) return;
  auto count = tiff.u16(*directory);
  if (!count) return;
  for (std::uint64_t i = 0; i < *count; ++i) {
    std::uint64_t at = *directory + 2 + 12 * i;
    auto tag = tiff.u16(at);
    auto type = tiff.u16(at + 2);
    auto values = tiff.u32(at + 4);
    auto offset = tiff.u32(at + 8);
    if (!tag || !type || !values || !offset) return;
    std::uint64_t width = *type == 3 ? 2 : *type == 4 ? 4 : 1;
    bool inside = *values <= 4 && width * *values <= 4;
    take({*tag, *type, *values, inside ? at + 8 : std::uint64_t{*offset}});
  }
}

std::optional<std::uint32_t> tiff_value(const ByteReader& tiff, const TiffEntry& entry, std::uint32_t index) {
  if (index >= entry.count) return std::nullopt;
  if (entry.type == 3) return tiff.u16(entry.value_at + 2ULL * index);
  if (entry.type == 4) return tiff.u32(entry.value_at + 4ULL * index);
  return std::nullopt;
}

int exif_orientation(std::string_view exif) {
  if (exif.starts_with(std::string_view("Exif\0\0", 6))) exif.remove_prefix(6);
  auto big_endian = tiff_is_big_endian(exif);
  if (!big_endian) return 1;
  ByteReader tiff(exif, *big_endian);
  int orientation = 1;
  for_each_tiff_entry(tiff, [&](const TiffEntry& entry) {
    if (entry.tag != 274) return;
    auto value = tiff_value(tiff, entry);
    if (value && *value >= 1 && *value <= 8) orientation = static_cast<int>(*value);
  });
  return orientation;
}

}  // namespace ds::detail

#include "headers/exif.h"

namespace ds::detail {

namespace {

bool is_big_tiff(const ByteReader& tiff) {
  return tiff.u16(2) == 43U;
}

std::uint64_t width_of(std::uint32_t type) {
  if (type == 3) return 2;
  if (type == 4) return 4;
  return type == 16 ? 8 : 1;
}

}  // namespace

std::optional<bool> tiff_is_big_endian(std::string_view tiff) {
  for (char magic : {'\x2A', '\x2B'}) {
    if (tiff.starts_with(std::string_view("II")) && tiff.size() > 3 && tiff[2] == magic && tiff[3] == 0)
      return false;
    if (tiff.starts_with(std::string_view("MM")) && tiff.size() > 3 && tiff[2] == 0 && tiff[3] == magic)
      return true;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> first_tiff_directory(const ByteReader& tiff) {
  if (is_big_tiff(tiff)) return tiff.u64(8);
  auto at = tiff.u32(4);
  if (!at) return std::nullopt;
  return *at;
}

std::optional<std::uint64_t> for_each_tiff_entry(const ByteReader& tiff, std::uint64_t directory,
                                                 const std::function<void(const TiffEntry&)>& take) {
  bool big = is_big_tiff(tiff);
  // What lies beyond the end is not there: offsets near 2^64 must not come around.
  if (directory >= tiff.size()) return std::nullopt;
  auto count = big ? tiff.u64(directory) : std::optional<std::uint64_t>(tiff.u16(directory));
  if (!count || *count > tiff.size()) return std::nullopt;
  auto word = [&](std::uint64_t at) -> std::optional<std::uint64_t> {
    if (big) return tiff.u64(at);
    if (auto value = tiff.u32(at)) return *value;
    return std::nullopt;
  };
  const std::uint64_t head = big ? 8 : 2;
  const std::uint64_t width = big ? 20 : 12;
  const std::uint64_t room = big ? 8 : 4;
  for (std::uint64_t i = 0; i < *count; ++i) {
    std::uint64_t at = directory + head + width * i;
    auto tag = tiff.u16(at);
    auto type = tiff.u16(at + 2);
    auto values = word(at + 4);
    auto value_at = at + width - room;
    auto offset = word(value_at);
    if (!tag || !type || !values || !offset) return std::nullopt;
    bool inside = *values <= room && width_of(*type) * *values <= room;
    take({*tag, *type, *values, inside ? value_at : offset.value_or(0)});
  }
  auto end = directory + head + width * *count;
  auto next = word(end).value_or(0);
  if (next == 0) return std::nullopt;
  return next;
}

void for_each_tiff_entry(const ByteReader& tiff, const std::function<void(const TiffEntry&)>& take) {
  if (auto directory = first_tiff_directory(tiff)) for_each_tiff_entry(tiff, *directory, take);
}

std::optional<std::uint64_t> tiff_value(const ByteReader& tiff, const TiffEntry& entry, std::uint64_t index) {
  if (index >= entry.count || index >= tiff.size() || entry.value_at >= tiff.size()) return std::nullopt;
  if (entry.type == 16) return tiff.u64(entry.value_at + 8 * index);
  std::optional<std::uint32_t> value;
  if (entry.type == 3) value = tiff.u16(entry.value_at + 2 * index);
  if (entry.type == 4) value = tiff.u32(entry.value_at + 4 * index);
  if (!value) return std::nullopt;
  return *value;
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

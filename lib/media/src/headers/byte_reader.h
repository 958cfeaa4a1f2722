#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ds::detail {

/// Integers out of bytes, with every access checked: nothing when it lies beyond the end.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  std::optional<std::uint32_t> u8(std::uint64_t at) const { return read(at, 1); }
  std::optional<std::uint32_t> u16(std::uint64_t at) const { return read(at, 2); }
  std::optional<std::uint32_t> u24(std::uint64_t at) const { return read(at, 3); }
  std::optional<std::uint32_t> u32(std::uint64_t at) const { return read(at, 4); }
  std::optional<std::uint64_t> u64(std::uint64_t at) const {
    auto first = u32(at);
    auto second = u32(at > UINT64_MAX - 4 ? at : at + 4);
    if (!first || !second) return std::nullopt;
    return big_endian_ ? std::uint64_t{*first} << 32 | *second : std::uint64_t{*second} << 32 | *first;
  }
  std::uint64_t size() const { return bytes_.size(); }
  bool has(std::uint64_t at, std::string_view text) const {
    return at <= bytes_.size() && bytes_.substr(at).starts_with(text);
  }
  std::string_view bytes() const { return bytes_; }

 private:
  std::optional<std::uint32_t> read(std::uint64_t at, unsigned count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) return std::nullopt;
    std::uint32_t value = 0;
    for (unsigned i = 0; i < count; ++i) {
      auto byte = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes_[at + i]));
      value |= byte << (8 * (big_endian_ ? count - 1 - i : i));
    }
    return value;
  }

  std::string_view bytes_;
  bool big_endian_;
};

}  // namespace ds::detail

#include "headers/gif_blocks.h"

namespace ds::detail {

std::optional<std::uint64_t> after_gif_blocks(const ByteReader& gif, std::uint64_t at) {
  for (;;) {
    auto length = gif.u8(at);
    if (!length) return std::nullopt;
    if (*length == 0) return at + 1;
    at += 1 + *length;
  }
}

int gif_pictures(const ByteReader& gif, int enough) {
  constexpr std::uint32_t kExtension = 0x21;
  constexpr std::uint32_t kPicture = 0x2C;
  auto table = [](std::uint32_t flags) { return (flags & 0x80) != 0 ? 3ULL << ((flags & 7) + 1) : 0ULL; };
  std::optional<std::uint64_t> at = 13 + table(gif.u8(10).value_or(0));
  int pictures = 0;
  while (at && pictures < enough) {
    auto kind = gif.u8(*at);
    if (kind == kExtension) {
      at = after_gif_blocks(gif, *at + 2);
    } else if (kind == kPicture) {
      at = after_gif_blocks(gif, *at + 11 + table(gif.u8(*at + 9).value_or(0)));
      if (at) ++pictures;
    } else {
      break;
    }
  }
  return pictures;
}

}  // namespace ds::detail

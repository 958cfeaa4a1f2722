#include <array>
#include <bit>
#include <opencv2/core.hpp>

#include "codecs/picture_decoders.h"
#include "headers/byte_reader.h"

namespace ds::detail {
namespace {

constexpr std::uint32_t kRgb = 0;
constexpr std::uint32_t kRle8 = 1;
constexpr std::uint32_t kRle4 = 2;
constexpr std::uint32_t kBitfields = 3;
constexpr std::uint32_t kAlphaBitfields = 6;

struct Header {
  std::uint32_t data_at = 0;
  int width = 0;
  int height = 0;
  bool top_down = false;
  std::uint32_t bits = 0;
  std::uint32_t compression = kRgb;
  std::array<std::uint32_t, 3> masks{};  // red, green, blue
  std::vector<cv::Vec3b> palette;
};

// One channel of a packed pixel, stretched to 0..255.
std::uint8_t channel(std::uint32_t pixel, std::uint32_t mask) {
  if (mask == 0) return 0;
  auto shift = std::countr_zero(mask);
  std::uint64_t most = mask >> shift;
  std::uint64_t value = (pixel & mask) >> shift;
  return static_cast<std::uint8_t>((value * 255 + most / 2) / most);
}

std::string read_palette(const ByteReader& in, std::uint32_t info, std::uint32_t used, Header& header) {
  std::uint32_t most = 1U << header.bits;
  std::uint32_t count = used == 0 || used > most ? most : used;
  std::uint64_t width = info == 12 ? 3 : 4;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto at = 14 + std::uint64_t{info} + width * i;
    // Some writers declare more colours than stand before the pixels.
    if (at + width > header.data_at) break;
    auto color = in.u24(at);
    if (!color) return "its palette ends early";
    header.palette.push_back({static_cast<std::uint8_t>(*color), static_cast<std::uint8_t>(*color >> 8),
                              static_cast<std::uint8_t>(*color >> 16)});
  }
  header.palette.resize(most, cv::Vec3b(0, 0, 0));
  return {};
}

std::string read_masks(const ByteReader& in, Header& header) {
  if (header.compression == kBitfields || header.compression == kAlphaBitfields) {
    for (std::size_t i = 0; i < 3; ++i) {
      auto mask = in.u32(54 + 4 * i);
      if (!mask) return "its colour masks are missing";
      header.masks[i] = *mask;
    }
  } else if (header.bits == 16) {
    header.masks = {0x7C00, 0x03E0, 0x001F};
  } else {
    header.masks = {0xFF0000, 0x00FF00, 0x0000FF};
  }
  return {};
}

std::string read_header(const ByteReader& in, Header& header) {
  auto data_at = in.u32(10);
  auto info = in.u32(14);
  if (!data_at || !info) return "its header ends early";
  bool os2 = *info == 12;
  auto width = os2 ? in.u16(18) : in.u32(18);
  auto height = os2 ? in.u16(20) : in.u32(22);
  auto bits = os2 ? in.u16(24) : in.u16(28);
  auto compression = os2 ? std::optional<std::uint32_t>(kRgb) : in.u32(30);
  auto used = os2 ? std::optional<std::uint32_t>(0) : in.u32(46);
  if (!width || !height || !bits || !compression || !used) return "its header ends early";
  auto rows = static_cast<std::int64_t>(static_cast<std::int32_t>(*height));
  header.data_at = *data_at;
  header.top_down = rows < 0;
  header.width = static_cast<int>(*width);
  header.height = static_cast<int>(rows < 0 ? -rows : rows);
  header.bits = *bits;
  header.compression = *compression;
  bool rle = (*compression == kRle8 && *bits == 8) || (*compression == kRle4 && *bits == 4);
  bool packed =
      (*compression == kBitfields || *compression == kAlphaBitfields) && (*bits == 16 || *bits == 32);
  if (*compression != kRgb && !rle && !packed)
    return "compression " + std::to_string(*compression) + " with " + std::to_string(*bits) +
           " bits is not known";
  if (*bits == 1 || *bits == 4 || *bits == 8) return read_palette(in, *info, *used, header);
  if (*bits == 16 || *bits == 24 || *bits == 32) return read_masks(in, header);
  return std::to_string(*bits) + " bits a pixel are not known";
}

std::string read_rows(const ByteReader& in, const Header& header, cv::Mat& image) {
  std::uint64_t step = (static_cast<std::uint64_t>(header.width) * header.bits + 31) / 32 * 4;
  for (int row = 0; row < header.height; ++row) {
    auto* out = image.ptr<cv::Vec3b>(header.top_down ? row : header.height - 1 - row);
    auto start = header.data_at + step * static_cast<std::uint64_t>(row);
    if (start + step > in.size()) return "its rows end early";
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(in.bytes().data()) + start;
    for (int x = 0; x < header.width; ++x) {
      auto bit = static_cast<std::size_t>(x) * header.bits;
      const auto* at = bytes + bit / 8;
      if (header.bits <= 8) {
        auto index = (*at >> (8 - header.bits - bit % 8)) & ((1U << header.bits) - 1);
        out[x] = header.palette[index];
      } else if (header.bits == 24) {
        out[x] = {at[0], at[1], at[2]};
      } else {
        std::uint32_t pixel = at[0] | static_cast<std::uint32_t>(at[1]) << 8;
        if (header.bits == 32)
          pixel |= static_cast<std::uint32_t>(at[2]) << 16 | static_cast<std::uint32_t>(at[3]) << 24;
        out[x] = {channel(pixel, header.masks[2]), channel(pixel, header.masks[1]),
                  channel(pixel, header.masks[0])};
      }
    }
  }
  return {};
}

// Run lengths: (count, value), or 0 and: 0 end of row, 1 end of picture, 2 a jump, n literal pixels.
class RunLengths {
 public:
  RunLengths(const ByteReader& in, const Header& header, cv::Mat& image)
      : in_(in), header_(header), image_(image), four_(header.bits == 4), at_(header.data_at) {}

  std::string read() {
    for (;;) {
      auto count = in_.u8(at_);
      auto value = in_.u8(at_ + 1);
      if (!count || !value) return "its run lengths end early";
      at_ += 2;
      if (*count > 0) {
        for (std::uint32_t i = 0; i < *count; ++i)
          put(four_ ? (i % 2 == 0 ? *value >> 4 : *value & 15) : *value);
      } else if (*value == 0) {
        x_ = 0;
        ++row_;
      } else if (*value == 1) {
        return {};
      } else if (*value == 2) {
        auto right = in_.u8(at_);
        auto up = in_.u8(at_ + 1);
        if (!right || !up) return "its run lengths end early";
        at_ += 2;
        x_ += static_cast<int>(*right);
        row_ += static_cast<int>(*up);
      } else if (!literal(*value)) {
        return "its run lengths end early";
      }
    }
  }

 private:
  bool literal(std::uint32_t count) {
    std::uint32_t size = four_ ? (count + 1) / 2 : count;
    for (std::uint32_t i = 0; i < count; ++i) {
      auto byte = in_.u8(at_ + (four_ ? i / 2 : i));
      if (!byte) return false;
      put(four_ ? (i % 2 == 0 ? *byte >> 4 : *byte & 15) : *byte);
    }
    at_ += size + size % 2;
    return true;
  }

  void put(std::uint32_t index) {
    if (x_ < header_.width && row_ < header_.height)
      image_.at<cv::Vec3b>(header_.top_down ? row_ : header_.height - 1 - row_, x_) = header_.palette[index];
    ++x_;
  }

  const ByteReader& in_;
  const Header& header_;
  cv::Mat& image_;
  bool four_;
  std::uint64_t at_;
  int x_ = 0;
  int row_ = 0;
};

}  // namespace

std::string decode_bmp(const std::uint8_t* bytes, std::size_t size, cv::Mat& image) {
  ByteReader in({reinterpret_cast<const char*>(bytes), size}, false);
  Header header;
  if (auto why = read_header(in, header); !why.empty()) return why;
  bool rle = header.compression == kRle8 || header.compression == kRle4;
  cv::Vec3b ground = rle ? header.palette[0] : cv::Vec3b(0, 0, 0);
  image.create(header.height, header.width, CV_8UC3);
  image.setTo(cv::Scalar(ground[0], ground[1], ground[2]));
  return rle ? RunLengths(in, header, image).read() : read_rows(in, header, image);
}

}  // namespace ds::detail

#include "label_studio/brush_rle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ds/base/error.h"
#include "shared/pictures/mask_pixels.h"

namespace ds::detail {

namespace {

class BitReader {
 public:
  explicit BitReader(const std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}

  std::uint32_t read(int bits) {
    std::uint32_t value = 0;
    for (int i = 0; i < bits; ++i, ++at_) {
      if (at_ / 8 >= bytes_.size()) throw DataError("the brush mask ends in the middle");
      value = value << 1 | (bytes_[at_ / 8] >> (7 - at_ % 8) & 1u);
    }
    return value;
  }

 private:
  const std::vector<std::uint8_t>& bytes_;
  std::size_t at_ = 0;
};

class BitWriter {
 public:
  void write(std::uint32_t value, int bits) {
    for (int i = bits - 1; i >= 0; --i, ++at_) {
      if (at_ % 8 == 0) bytes_.push_back(0);
      bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (value >> i & 1u) << (7 - at_ % 8));
    }
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

constexpr std::array<int, 4> kLengthBits = {3, 4, 8, 16};

void write_run(BitWriter& out, std::uint64_t length, std::uint32_t value) {
  while (length > 0) {
    auto part = static_cast<std::uint32_t>(std::min<std::uint64_t>(length, 1u << 16));
    std::uint32_t size = 0;
    while (part > 1u << kLengthBits[size]) ++size;
    out.write(1, 1);
    out.write(size, 2);
    out.write(part - 1, kLengthBits[size]);
    out.write(value, 8);
    length -= part;
  }
}

}  // namespace

RunLengthMask decode_brush(const std::vector<std::uint8_t>& bytes, int width, int height) {
  BitReader in(bytes);
  std::uint64_t values = in.read(32);
  auto expected = 4 * static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  if (values != expected)
    throw DataError(fmt::format("the brush mask holds {} values, a picture of {}x{} needs {}", values, width,
                                height, expected));
  int value_bits = static_cast<int>(in.read(5)) + 1;
  std::array<int, 4> length_bits{};
  for (auto& bits : length_bits) bits = static_cast<int>(in.read(4)) + 1;
  std::vector<bool> pixels(static_cast<std::size_t>(values / 4));
  for (std::uint64_t at = 0; at < values;) {
    bool repeated = in.read(1) == 1;
    std::uint64_t end = at + 1 + in.read(length_bits[in.read(2)]);
    if (end > values) throw DataError("a run of the brush mask reaches behind the picture");
    std::uint32_t value = repeated ? in.read(value_bits) : 0;
    for (; at < end; ++at) {
      if (!repeated) value = in.read(value_bits);
      if (at % 4 == 3) pixels[static_cast<std::size_t>(at / 4)] = value != 0;
    }
  }
  return mask_of_pixels(pixels, width, height);
}

std::vector<std::uint8_t> encode_brush(const RunLengthMask& mask) {
  auto pixels = pixels_of(mask);
  BitWriter out;
  out.write(static_cast<std::uint32_t>(4 * pixels.size()), 32);
  out.write(7, 5);
  for (int bits : kLengthBits) out.write(static_cast<std::uint32_t>(bits - 1), 4);
  for (std::size_t begin = 0; begin < pixels.size();) {
    std::size_t end = begin;
    while (end < pixels.size() && pixels[end] == pixels[begin]) ++end;
    write_run(out, 4 * static_cast<std::uint64_t>(end - begin), pixels[begin] ? 255 : 0);
    begin = end;
  }
  return out.take();
}

}  // namespace ds::detail

#include "supervisely/bitmap.h"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/inflate.h"
#include "ds/media/image_header.h"

namespace ds::detail {

namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr std::size_t kChannels = 4;

PictureMask mask_of_png(const std::string& bytes) {
  auto header = read_image_header(bytes, "its picture");  // also refuses what is too large
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  auto fail = [&] {
    png_image_free(&png);
    throw DataError(fmt::format("its picture is no sound PNG: {}", png.message));
  };
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) fail();
  bool has_alpha = (png.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  png.format = PNG_FORMAT_RGBA;
  std::vector<png_byte> pixels(PNG_IMAGE_SIZE(png));
  if (png_image_finish_read(&png, nullptr, pixels.data(), 0, nullptr) == 0) fail();
  PictureMask mask{header.raw_width, header.raw_height, std::vector<bool>(pixels.size() / kChannels)};
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    const auto* pixel = pixels.data() + kChannels * i;
    bool drawn = std::any_of(pixel, pixel + 3, [](png_byte level) { return level != 0; });
    mask.pixels[i] = has_alpha ? pixel[3] != 0 : drawn;
  }
  return mask;
}

}  // namespace

PictureMask supervisely_bitmap(const std::string& base64) {
  auto packed = decode_base64(base64);
  if (!packed) throw DataError("its data are no base64");
  return mask_of_png(begins_deflated(*packed) ? inflate(*packed, kMostBytes) : *packed);
}

}  // namespace ds::detail

#include "shared/pictures/label_picture.h"

#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "ds/base/error.h"

namespace ds::detail {

namespace {

struct Input {
  const char* at = nullptr;
  std::size_t left = 0;
};

// What libpng fills; no object of it lives where libpng jumps over.
struct Raw {
  bool ids = false;  // of any size, up to 16 bits
  int width = 0;     // that it is to have; of ids, that it has
  int height = 0;
  std::size_t channels = 0;
  std::size_t pixel_bytes = 0;
  std::vector<png_byte> pixels = {};
  std::vector<png_bytep> rows = {};
  std::vector<std::uint32_t> palette = {};
  char failure[256] = {};
};

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  auto& raw = *static_cast<Raw*>(png_get_error_ptr(png));
  std::snprintf(raw.failure, sizeof(raw.failure), "is no sound PNG: %s", message);
  png_longjmp(png, 1);
}

void say_nothing(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep to, png_size_t count) {
  auto& input = *static_cast<Input*>(png_get_io_ptr(png));
  if (count > input.left) png_error(png, "the data end early");
  std::memcpy(to, input.at, count);
  input.at += count;
  input.left -= count;
}

void read_palette(png_structp png, png_infop info, Raw& raw) {
  png_colorp colours = nullptr;
  int count = 0;
  if (png_get_PLTE(png, info, &colours, &count) == 0) return;
  for (int i = 0; i < count; ++i)
    raw.palette.push_back(static_cast<std::uint32_t>(colours[i].red) << 16 |
                          static_cast<std::uint32_t>(colours[i].green) << 8 | colours[i].blue);
}

// False with a reason when the picture is not what is wanted.
bool is_wanted(png_structp png, png_infop info, Raw& raw) {
  auto width = static_cast<int>(png_get_image_width(png, info));
  auto height = static_cast<int>(png_get_image_height(png, info));
  const char* why = nullptr;
  if (raw.ids) {
    raw.width = width;
    raw.height = height;
    bool colours = png_get_color_type(png, info) != PNG_COLOR_TYPE_GRAY &&
                   png_get_color_type(png, info) != PNG_COLOR_TYPE_PALETTE;
    if (colours) why = "has colours: its pixels are no ids";
  } else if (width != raw.width || height != raw.height) {
    std::snprintf(raw.failure, sizeof(raw.failure), "is %dx%d, its image %dx%d", width, height, raw.width,
                  raw.height);
    return false;
  } else if (png_get_bit_depth(png, info) == 16) {
    why = "has 16 bits a channel: its pixels are no indices";
  }
  if (why != nullptr) std::snprintf(raw.failure, sizeof(raw.failure), "%s", why);
  return why == nullptr;
}

bool read_raw(png_structp png, png_infop info, Raw& raw) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_read_info(png, info);
  if (!is_wanted(png, info, raw)) return false;
  auto height = png_get_image_height(png, info);
  auto type = png_get_color_type(png, info);
  if (type == PNG_COLOR_TYPE_PALETTE) read_palette(png, info, raw);
  png_set_packing(png);  // one index a byte, its number as it is
  if ((type & PNG_COLOR_MASK_ALPHA) != 0) png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  raw.channels = png_get_channels(png, info);
  raw.pixel_bytes = raw.channels * (png_get_bit_depth(png, info) == 16 ? 2 : 1);
  auto row_bytes = png_get_rowbytes(png, info);
  raw.pixels.resize(row_bytes * height);
  raw.rows.resize(height);
  for (std::size_t y = 0; y < height; ++y) raw.rows[y] = raw.pixels.data() + y * row_bytes;
  png_read_image(png, raw.rows.data());
  return true;
}

// The index whose colour in VOC's palette this is; else the colour.
std::uint32_t value_of_colour(std::uint32_t colour) {
  std::uint32_t index = 0;
  for (std::uint32_t bit = 0; bit < 8; ++bit)
    if ((colour >> (16 - 8 * (bit % 3)) & 0x80U >> bit / 3) != 0) index |= 1U << bit;
  return voc_colour(index) == colour ? index : LabelPicture::kColour | colour;
}

}  // namespace

std::uint32_t voc_colour(std::uint32_t index) {
  std::uint32_t colour = 0;
  for (std::uint32_t bit = 0; bit < 8; ++bit)
    if ((index >> bit & 1) != 0) colour |= (0x80U >> bit / 3) << (16 - 8 * (bit % 3));
  return colour;
}

std::uint32_t LabelPicture::colour_of(std::uint32_t value) const {
  if ((value & kColour) != 0) return value & ~kColour;
  return value < palette.size() ? palette[value] : voc_colour(value);
}

namespace {

void decode(const std::string& bytes, const std::string& name, Raw& raw) {
  Input input{bytes.data(), bytes.size()};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &raw, &fail, &say_nothing);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  bool good = false;
  if (info != nullptr) {
    png_set_read_fn(png, &input, &read_bytes);
    good = read_raw(png, info, raw);
  }
  png_destroy_read_struct(&png, &info, nullptr);
  if (!good)
    throw DataError(fmt::format("{} {}", name, raw.failure[0] != 0 ? raw.failure : "cannot be read"));
}

std::uint32_t value_of(const png_byte* pixel, const Raw& raw) {
  if (raw.channels >= 3)
    return value_of_colour(static_cast<std::uint32_t>(pixel[0]) << 16 | pixel[1] << 8 | pixel[2]);
  return raw.pixel_bytes == 2 * raw.channels ? static_cast<std::uint32_t>(pixel[0]) << 8 | pixel[1]
                                             : pixel[0];
}

LabelPicture label_picture_of(Raw raw) {
  LabelPicture picture{raw.width, raw.height, {}, std::move(raw.palette)};
  auto count = static_cast<std::size_t>(raw.width) * static_cast<std::size_t>(raw.height);
  picture.values.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    picture.values.push_back(value_of(raw.pixels.data() + i * raw.pixel_bytes, raw));
  return picture;
}

}  // namespace

LabelPicture read_label_picture(const std::string& bytes, const std::string& name, int width, int height) {
  Raw raw{.width = width, .height = height};
  decode(bytes, name, raw);
  return label_picture_of(std::move(raw));
}

LabelPicture read_id_picture(const std::string& bytes, const std::string& name) {
  Raw raw{.ids = true};
  decode(bytes, name, raw);
  return label_picture_of(std::move(raw));
}

}  // namespace ds::detail

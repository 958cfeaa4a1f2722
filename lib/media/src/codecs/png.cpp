#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <opencv2/core.hpp>

#include "codecs/picture_decoders.h"

namespace ds::detail {
namespace {

struct Input {
  const std::uint8_t* at = nullptr;
  std::size_t left = 0;
};

struct Failure {
  char text[256] = {};
};

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  auto& failure = *static_cast<Failure*>(png_get_error_ptr(png));
  std::snprintf(failure.text, sizeof(failure.text), "%s", message);
  png_longjmp(png, 1);
}

void say_nothing(png_structp, png_const_charp) {}

void read(png_structp png, png_bytep to, png_size_t count) {
  auto& input = *static_cast<Input*>(png_get_io_ptr(png));
  if (count > input.left) png_error(png, "the data end early");
  std::memcpy(to, input.at, count);
  input.at += count;
  input.left -= count;
}

void ask_for_bgr(png_structp png) {
  png_set_expand(png);    // palettes, 1 to 4 bits, transparent colours
  png_set_scale_16(png);  // rounds, where dropping the low byte would darken
  png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);
  png_set_bgr(png);
}

// Everything that may jump out of libpng; what it fills belongs to the caller.
bool read_picture(png_structp png, png_infop info, cv::Mat& image, std::vector<png_bytep>& rows,
                  Failure& failure) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);  // pixels were counted before
  png_set_crc_action(png, PNG_CRC_DEFAULT, PNG_CRC_QUIET_USE);
  png_read_info(png, info);
  ask_for_bgr(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  auto width = static_cast<int>(png_get_image_width(png, info));
  auto height = static_cast<int>(png_get_image_height(png, info));
  image.create(height, width, CV_8UC3);
  if (png_get_rowbytes(png, info) != static_cast<std::size_t>(width) * 3) {
    std::snprintf(failure.text, sizeof(failure.text), "unusual channels");
    return false;
  }
  rows.resize(static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y) rows[static_cast<std::size_t>(y)] = image.ptr<std::uint8_t>(y);
  png_read_image(png, rows.data());
  return true;
}

}  // namespace

std::string decode_png(const std::uint8_t* bytes, std::size_t size, cv::Mat& image) {
  Failure failure;
  Input input{bytes, size};
  std::vector<png_bytep> rows;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure, &fail, &say_nothing);
  if (png == nullptr) return "libpng cannot start";
  png_infop info = png_create_info_struct(png);
  png_set_read_fn(png, &input, &read);
  bool good = info != nullptr && read_picture(png, info, image, rows, failure);
  png_destroy_read_struct(&png, &info, nullptr);
  if (good) return {};
  return failure.text[0] != 0 ? failure.text : "no reason given";
}

}  // namespace ds::detail

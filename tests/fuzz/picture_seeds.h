#pragma once

#include "ds/media/image_io.h"
#include "make_odd_images.h"

namespace ds::fuzz {

/// One small picture of each kind.
inline std::vector<std::string> picture_seeds() {
  using namespace ds::testing;
  auto picture = quarters(24, 16);
  auto jpeg = encode_jpeg(picture, 90);
  std::string bmp = "BM";
  for (std::uint32_t word : {54U + 48U, 0U, 54U, 40U, 4U, 4U, 1U | 24U << 16, 0U, 48U, 0U, 0U, 0U, 0U})
    append_u32(bmp, word);
  bmp += std::string(48, '\x40');
  std::string gif =
      "GIF89a" + std::string("\4\0\4\0\x91\0\0", 7) + std::string("\0\0\0\xFF\xFF\xFF\xFF\0\0\0\0\xFF", 12) +
      std::string("\x21\xF9\4\0\x0A\0\0\0,\0\0\0\0\4\0\4\0\0\2\7\x84\x11\x42\x84\x11\x42\5\0;", 29);
  auto tiff = tiff_by("w", [](TIFF* file) {
    TIFFSetField(file, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
    fill_page(file, 8, 3, PHOTOMETRIC_RGB, {"abcdefghijkl", "mnopqrstuvwx"});
  });
  auto big = tiff_by("w8", [](TIFF* file) { fill_page(file, 16, 1, PHOTOMETRIC_MINISBLACK, {"abcdefgh"}); });
  auto palette =
      png_chunk("PLTE", "abcdef") + png_chunk("tRNS", "x") + png_chunk("eXIf", exif_block(6, true));
  auto exif_webp =
      webp_file(webp_canvas(8, 24, 16) + webp_bitstream(picture) + riff_chunk("EXIF", exif_block(5, false)));
  return {with_exif(jpeg, 6),
          cmyk_jpeg({1, 50, 99, 20}, true, true),
          png_of(2, 2, 4, 3, {std::string(1, '\x01'), std::string(1, '\x10')}, palette),
          png_of(1, 1, 16, 6, {"abcdefgh"}),
          bmp,
          gif,
          tiff,
          big,
          tiff_of(picture, 7, true),
          webp_file(webp_bitstream(picture)),
          exif_webp,
          animated_webp({picture, picture})};
}

}  // namespace ds::fuzz

#pragma once

// jpeglib.h needs stdio's types before it.
#include <cstdio>

#include <jpeglib.h>
#include <tiffio.h>
#include <webp/encode.h>
#include <zlib.h>

#include <cstdlib>
#include <functional>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "ds/base/files.h"
#include "make_images.h"

/// Pictures of the kinds that ds reads but never writes.
namespace ds::testing {

inline std::string png_chunk(const std::string& kind, const std::string& data) {
  std::string chunk;
  append_u32(chunk, static_cast<std::uint32_t>(data.size()), true);
  auto body = kind + data;
  auto checksum = ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  chunk += body;
  append_u32(chunk, static_cast<std::uint32_t>(checksum), true);
  return chunk;
}

/// @param rows the packed pixels, row by row, without filter bytes
/// @param chunks whole chunks between IHDR and IDAT
inline std::string png_of(int width, int height, int depth, int color, const std::vector<std::string>& rows,
                          const std::string& chunks = {}) {
  std::string head;
  append_u32(head, static_cast<std::uint32_t>(width), true);
  append_u32(head, static_cast<std::uint32_t>(height), true);
  head += static_cast<char>(depth);
  head += static_cast<char>(color);
  head += std::string(3, '\0');
  std::string plain;
  for (const auto& row : rows) plain += '\0' + row;
  auto size = ::compressBound(plain.size());
  std::string packed(size, '\0');
  ::compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(plain.data()),
             plain.size());
  packed.resize(size);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", head) + chunks + png_chunk("IDAT", packed) +
         png_chunk("IEND", "");
}

/// One colour of four inks (0 none .. 255 full), as 16x16 pixels.
/// @param adobe with Adobe's marker, whose writers store the inks inverted  @param ycck stored as YCCK
inline std::string cmyk_jpeg(const std::array<int, 4>& inks, bool adobe, bool ycck) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = info.image_height = 16;
  info.input_components = 4;
  info.in_color_space = JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_colorspace(&info, ycck ? JCS_YCCK : JCS_CMYK);
  jpeg_set_quality(&info, 98, TRUE);
  info.write_Adobe_marker = adobe ? TRUE : FALSE;
  jpeg_start_compress(&info, TRUE);
  std::vector<unsigned char> row;
  for (int x = 0; x < 16; ++x)
    for (int ink : inks) row.push_back(static_cast<unsigned char>(adobe ? 255 - ink : ink));
  JSAMPROW pointer = row.data();
  for (int y = 0; y < 16; ++y) jpeg_write_scanlines(&info, &pointer, 1);
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string all(reinterpret_cast<char*>(bytes), size);
  std::free(bytes);
  return all;
}

/// What libtiff writes with the fields and pixels that `fill` gives it. @param mode "w" or "w8" (BigTIFF)
inline std::string tiff_by(const char* mode, const std::function<void(TIFF*)>& fill) {
  TemporaryFolder folder;
  auto file = folder.path() / "x.tif";
  auto* tiff = TIFFOpen(file.c_str(), mode);
  fill(tiff);
  TIFFClose(tiff);
  return read_file(file);
}

/// One page: 4x2 pixels whose packed rows are given.
inline void fill_page(TIFF* tiff, int bits, int samples, int photometric, std::vector<std::string> rows,
                      int width = 4) {
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<int>(rows.size()));
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, samples);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, photometric);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<int>(rows.size()));
  for (std::size_t y = 0; y < rows.size(); ++y)
    TIFFWriteScanline(tiff, rows[y].data(), static_cast<std::uint32_t>(y), 0);
}

inline std::string riff_chunk(const std::string& kind, const std::string& data) {
  std::string chunk = kind;
  append_u32(chunk, static_cast<std::uint32_t>(data.size()));
  chunk += data;
  if (data.size() % 2 != 0) chunk += '\0';
  return chunk;
}

inline std::string webp_file(const std::string& chunks) {
  return riff_chunk("RIFF", "WEBP" + chunks);
}

/// The lossless bitstream chunk of a picture.
inline std::string webp_bitstream(const cv::Mat& bgr) {
  std::uint8_t* bytes = nullptr;
  auto size = WebPEncodeLosslessBGR(bgr.data, bgr.cols, bgr.rows, static_cast<int>(bgr.step), &bytes);
  std::string all(reinterpret_cast<char*>(bytes), size);
  WebPFree(bytes);
  return all.substr(12);  // without RIFF, size, WEBP
}

inline void append_u24(std::string& to, int value) {
  for (int i = 0; i < 3; ++i) to += static_cast<char>(value >> 8 * i);
}

inline std::string webp_canvas(int flags, int width, int height) {
  std::string data(1, static_cast<char>(flags));
  data += std::string(3, '\0');
  append_u24(data, width - 1);
  append_u24(data, height - 1);
  return riff_chunk("VP8X", data);
}

/// An animation of full frames.
inline std::string animated_webp(const std::vector<cv::Mat>& frames) {
  auto chunks = webp_canvas(2, frames[0].cols, frames[0].rows) + riff_chunk("ANIM", std::string(6, '\0'));
  for (const auto& frame : frames) {
    std::string data(6, '\0');
    append_u24(data, frame.cols - 1);
    append_u24(data, frame.rows - 1);
    append_u24(data, 100);
    data += '\0';
    chunks += riff_chunk("ANMF", data + webp_bitstream(frame));
  }
  return webp_file(chunks);
}

}  // namespace ds::testing

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "codecs/codecs.h"

/// One decoder for each format, inside the image plugin. (BMP is ours: OpenCV's prints what it refuses.) Each
/// fills `image` with 8-bit BGR and returns an empty text, or why it cannot. None prints, and none keeps what
/// a library would have printed from the caller.
namespace ds::detail {

std::string decode_jpeg(const std::uint8_t* bytes, std::size_t size, const Decoding& decoding,
                        cv::Mat& image);
std::string decode_bmp(const std::uint8_t* bytes, std::size_t size, cv::Mat& image);
std::string decode_png(const std::uint8_t* bytes, std::size_t size, cv::Mat& image);
std::string decode_tiff(const std::uint8_t* bytes, std::size_t size, cv::Mat& image);
std::string decode_webp(const std::uint8_t* bytes, std::size_t size, cv::Mat& image);

}  // namespace ds::detail

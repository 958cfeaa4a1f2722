#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "ds/media/image_header.h"

namespace cv {
class Mat;
}

/// Pictures in and out. Every decoded image is 8-bit BGR, three channels, turned upright by its EXIF
/// orientation: grey, palette and CMYK become BGR, 16 bits are scaled to 8. An alpha channel is dropped: the
/// colours count as they are stored, as in every loader a model may have been trained with. (GIF stores no
/// colour for transparent pixels: they become white.) Of several pictures the first is taken.
namespace ds {

struct DecodeOptions {
  std::int64_t max_pixels = max_image_pixels();
  /// 1, 2, 4 or 8: each side divided by it (rounded up), done inside the JPEG decoder, which is several times
  /// faster than decoding whole; other formats are decoded whole and averaged down.
  int reduction = 1;
  /// Refuses a JPEG whose decoder had to guess pixels (bits flipped inside the picture data). Otherwise such
  /// a picture is decoded as every viewer shows it; one that ends early is refused either way.
  bool strict = false;
};

/// Throws DataError naming `name` when the bytes are no image, too large, or cut short.
cv::Mat decode_image(std::string_view bytes, const std::string& name, const DecodeOptions& options = {});
cv::Mat decode_image_file(const std::filesystem::path& file, const DecodeOptions& options = {});

/// The raw picture turned as EXIF orientation 1..8 asks (2,4,5,7 mirror; 5..8 swap the sides).
cv::Mat apply_orientation(const cv::Mat& raw, int orientation);

/// @param image 8-bit BGR  @param quality 1..100
std::string encode_jpeg(const cv::Mat& image, int quality = 92);
std::string encode_png(const cv::Mat& image);
/// Format by the file's extension (.jpg, .jpeg, .png); written whole or not at all.
void write_image(const std::filesystem::path& file, const cv::Mat& image);
/// The same of an encoded picture: as it is where it has that format, else decoded and encoded anew.
void write_image(const std::filesystem::path& file, std::string_view bytes);
/// Throws UsageError for a name whose extension write_image does not know: to be asked before any work is done.
void require_picture_name(const std::filesystem::path& file);

}  // namespace ds

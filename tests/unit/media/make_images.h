#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

/// Small files made byte by byte, so that a test knows what is in them.
namespace ds::testing {

inline void append_u16(std::string& to, std::uint32_t value, bool big = false) {
  for (int i = 0; i < 2; ++i) to += static_cast<char>(value >> 8 * (big ? 1 - i : i));
}
inline void append_u32(std::string& to, std::uint32_t value, bool big = false) {
  for (int i = 0; i < 4; ++i) to += static_cast<char>(value >> 8 * (big ? 3 - i : i));
}

/// An EXIF block (TIFF, one entry) that states an orientation.
inline std::string exif_block(int orientation, bool big) {
  std::string tiff = big ? std::string("MM\0*", 4) : std::string("II*\0", 4);
  append_u32(tiff, 8, big);
  append_u16(tiff, 1, big);
  append_u16(tiff, 274, big);
  append_u16(tiff, 3, big);
  append_u32(tiff, 1, big);
  append_u16(tiff, static_cast<std::uint32_t>(orientation), big);
  append_u16(tiff, 0, big);
  append_u32(tiff, 0, big);
  return tiff;
}

/// The JPEG with an EXIF segment behind its start marker.
inline std::string with_exif(const std::string& jpeg, int orientation, bool big = false) {
  std::string payload = std::string("Exif\0\0", 6) + exif_block(orientation, big);
  std::string segment = "\xFF\xE1";
  append_u16(segment, static_cast<std::uint32_t>(payload.size() + 2), true);
  return jpeg.substr(0, 2) + segment + payload + jpeg.substr(2);
}

/// An uncompressed RGB TIFF with an orientation.
inline std::string tiff_of(const cv::Mat& bgr, int orientation, bool big = false) {
  struct Entry {
    std::uint32_t tag, type, count, value;
  };
  std::uint32_t size = static_cast<std::uint32_t>(bgr.total() * 3);
  std::vector<Entry> entries = {{256, 4, 1, static_cast<std::uint32_t>(bgr.cols)},
                                {257, 4, 1, static_cast<std::uint32_t>(bgr.rows)},
                                {258, 3, 1, 8},
                                {259, 3, 1, 1},
                                {262, 3, 1, 2},
                                {273, 4, 1, 0},
                                {274, 3, 1, static_cast<std::uint32_t>(orientation)},
                                {277, 3, 1, 3},
                                {278, 4, 1, static_cast<std::uint32_t>(bgr.rows)},
                                {279, 4, 1, size}};
  auto data_at = static_cast<std::uint32_t>(8 + 2 + 12 * entries.size() + 4);
  std::string out = big ? std::string("MM\0*", 4) : std::string("II*\0", 4);
  append_u32(out, 8, big);
  append_u16(out, static_cast<std::uint32_t>(entries.size()), big);
  for (auto& entry : entries) {
    if (entry.tag == 273) entry.value = data_at;
    append_u16(out, entry.tag, big);
    append_u16(out, entry.type, big);
    append_u32(out, entry.count, big);
    if (entry.type == 3) {
      append_u16(out, entry.value, big);
      append_u16(out, 0, big);
    } else {
      append_u32(out, entry.value, big);
    }
  }
  append_u32(out, 0, big);
  for (int y = 0; y < bgr.rows; ++y)
    for (int x = 0; x < bgr.cols; ++x)
      for (int c = 2; c >= 0; --c) out += static_cast<char>(bgr.at<cv::Vec3b>(y, x)[c]);
  return out;
}

/// Four flat quarters: top left blue, top right green, bottom left red, bottom right white.
inline cv::Mat quarters(int width, int height) {
  cv::Mat image(height, width, CV_8UC3, cv::Scalar(255, 255, 255));
  image(cv::Rect(0, 0, width / 2, height / 2)).setTo(cv::Scalar(255, 0, 0));
  image(cv::Rect(width / 2, 0, width / 2, height / 2)).setTo(cv::Scalar(0, 255, 0));
  image(cv::Rect(0, height / 2, width / 2, height / 2)).setTo(cv::Scalar(0, 0, 255));
  return image;
}

/// The quarters' letters, row by row: "bg rw" for the picture above.
inline std::string letters(const cv::Mat& image) {
  std::string all;
  for (auto [y, x] : {std::pair{1, 1}, {1, 3}, {3, 1}, {3, 3}}) {
    auto pixel = image.at<cv::Vec3b>(image.rows * y / 4, image.cols * x / 4);
    bool b = pixel[0] > 128, g = pixel[1] > 128, r = pixel[2] > 128;
    all += b && g && r ? 'w' : b ? 'b' : g ? 'g' : 'r';
  }
  return all;
}

}  // namespace ds::testing

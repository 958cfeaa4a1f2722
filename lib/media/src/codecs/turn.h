#pragma once

#include <opencv2/core.hpp>

namespace ds::detail {

/// The raw picture turned as EXIF orientation 1..8 asks. With orientation 1 it is the argument's own pixels.
inline cv::Mat turn(const cv::Mat& raw, int orientation) {
  constexpr int kMirrorX = 1;
  constexpr int kMirrorY = 0;
  cv::Mat turned;
  switch (orientation) {
    case 2:
      cv::flip(raw, turned, kMirrorX);
      return turned;
    case 3:
      cv::rotate(raw, turned, cv::ROTATE_180);
      return turned;
    case 4:
      cv::flip(raw, turned, kMirrorY);
      return turned;
    case 5:
      cv::transpose(raw, turned);
      return turned;
    case 6:
      cv::rotate(raw, turned, cv::ROTATE_90_CLOCKWISE);
      return turned;
    case 7:
      cv::transpose(raw, turned);
      cv::rotate(turned, turned, cv::ROTATE_180);
      return turned;
    case 8:
      cv::rotate(raw, turned, cv::ROTATE_90_COUNTERCLOCKWISE);
      return turned;
    default:
      return raw;
  }
}

}  // namespace ds::detail

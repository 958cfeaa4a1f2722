#pragma once

#include "ds/geometry/letterbox.h"

namespace cv {
class Mat;
}

namespace ds {

/// The image scaled (bilinear, as cv::resize) and placed as `letterbox` says, the rest filled with `pad`.
/// @param image 8-bit BGR of letterbox.image_width x image_height
/// @return 8-bit BGR of input_width x input_height
cv::Mat letterbox_image(const cv::Mat& image, const Letterbox& letterbox, int pad = 114);

}  // namespace ds

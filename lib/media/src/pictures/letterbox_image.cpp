#include "ds/media/letterbox_image.h"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "ds/base/error.h"

namespace ds {

cv::Mat letterbox_image(const cv::Mat& image, const Letterbox& letterbox, int pad) {
  if (image.cols != letterbox.image_width || image.rows != letterbox.image_height) {
    throw Error(fmt::format("the letterbox is for {}x{}, the image is {}x{}", letterbox.image_width,
                            letterbox.image_height, image.cols, image.rows));
  }
  cv::Mat input(letterbox.input_height, letterbox.input_width, CV_8UC3, cv::Scalar::all(pad));
  cv::Rect inside(static_cast<int>(std::lround(letterbox.offset_x)),
                  static_cast<int>(std::lround(letterbox.offset_y)), letterbox.scaled_width,
                  letterbox.scaled_height);
  cv::Mat target = input(inside);
  cv::resize(image, target, target.size(), 0, 0, cv::INTER_LINEAR);
  return input;
}

}  // namespace ds

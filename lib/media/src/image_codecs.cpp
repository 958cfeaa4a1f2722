#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>

#include "codecs.h"

namespace {

bool decode(const std::uint8_t* bytes, std::size_t size, int reduction, cv::Mat& image) {
  int flags = cv::IMREAD_COLOR;
  if (reduction == 2) flags = cv::IMREAD_REDUCED_COLOR_2;
  if (reduction == 4) flags = cv::IMREAD_REDUCED_COLOR_4;
  if (reduction == 8) flags = cv::IMREAD_REDUCED_COLOR_8;
  try {
    cv::Mat buffer(1, static_cast<int>(size), CV_8UC1, const_cast<std::uint8_t*>(bytes));
    image = cv::imdecode(buffer, flags | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception&) {
    return false;
  }
  return !image.empty();
}

bool encode(const char* extension, const cv::Mat& image, int quality, std::vector<std::uint8_t>& bytes) {
  std::vector<int> parameters;
  if (std::string(extension) == ".jpg") parameters = {cv::IMWRITE_JPEG_QUALITY, quality};
  return cv::imencode(extension, image, bytes, parameters);
}

}  // namespace

extern "C" const ds::detail::ImageCodecs* ds_image_codecs() {
  // The caller reports what cannot be decoded, in words of our own.
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  static const ds::detail::ImageCodecs codecs{&decode, &encode};
  return &codecs;
}

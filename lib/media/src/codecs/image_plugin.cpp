#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>

#include "codecs/codecs.h"
#include "codecs/picture_decoders.h"

namespace {

using ds::ImageFormat;

std::string decode(ImageFormat format, const std::uint8_t* bytes, std::size_t size,
                   const ds::detail::Decoding& decoding, cv::Mat& image) {
  try {
    switch (format) {
      case ImageFormat::jpeg:
        return ds::detail::decode_jpeg(bytes, size, decoding, image);
      case ImageFormat::png:
        return ds::detail::decode_png(bytes, size, image);
      case ImageFormat::tiff:
        return ds::detail::decode_tiff(bytes, size, image);
      case ImageFormat::webp:
        return ds::detail::decode_webp(bytes, size, image);
      case ImageFormat::bmp:
        return ds::detail::decode_bmp(bytes, size, image);
      case ImageFormat::gif:
        return "a GIF is read as a video";
    }
  } catch (const cv::Exception& error) {
    return error.err;
  }
  return "no decoder";
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

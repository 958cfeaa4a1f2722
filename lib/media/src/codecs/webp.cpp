#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>
#include <opencv2/imgproc.hpp>

#include "codecs/picture_decoders.h"

namespace ds::detail {
namespace {

std::string decode_first_frame(const std::uint8_t* bytes, std::size_t size, cv::Mat& image) {
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  options.color_mode = MODE_BGRA;
  WebPData data{bytes, size};
  std::unique_ptr<WebPAnimDecoder, void (*)(WebPAnimDecoder*)> decoder(WebPAnimDecoderNew(&data, &options),
                                                                       &WebPAnimDecoderDelete);
  WebPAnimInfo about;
  std::uint8_t* pixels = nullptr;
  int time_ms = 0;
  if (!decoder || WebPAnimDecoderGetInfo(decoder.get(), &about) == 0 ||
      WebPAnimDecoderGetNext(decoder.get(), &pixels, &time_ms) == 0)
    return "its first frame is damaged";
  cv::Mat canvas(static_cast<int>(about.canvas_height), static_cast<int>(about.canvas_width), CV_8UC4,
                 pixels);
  cv::cvtColor(canvas, image, cv::COLOR_BGRA2BGR);
  return {};
}

}  // namespace

std::string decode_webp(const std::uint8_t* bytes, std::size_t size, cv::Mat& image) {
  WebPBitstreamFeatures features;
  auto status = WebPGetFeatures(bytes, size, &features);
  if (status != VP8_STATUS_OK)
    return status == VP8_STATUS_NOT_ENOUGH_DATA ? "the data end early" : "its bitstream is damaged";
  if (features.has_animation != 0) return decode_first_frame(bytes, size, image);
  image.create(features.height, features.width, CV_8UC3);
  auto room = image.step * static_cast<std::size_t>(image.rows);
  if (WebPDecodeBGRInto(bytes, size, image.data, room, static_cast<int>(image.step)) == nullptr)
    return "its bitstream is damaged or ends early";
  return {};
}

}  // namespace ds::detail

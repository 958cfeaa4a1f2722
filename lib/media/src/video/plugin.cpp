extern "C" {
#include <libavutil/log.h>
}

#include <cstdlib>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/videoio.hpp>

#include "codecs/codecs.h"
#include "video/source.h"

namespace {

class Sink : public ds::detail::VideoSink {
 public:
  Sink(const std::string& path, int width, int height, double fps)
      : writer_(path, cv::CAP_FFMPEG, cv::VideoWriter::fourcc('m', 'p', '4', 'v'), fps, {width, height}) {}
  bool opened() const { return writer_.isOpened(); }
  void write(const cv::Mat& image) override { writer_.write(image); }
  void finish() override { writer_.release(); }

 private:
  cv::VideoWriter writer_;
};

std::unique_ptr<ds::detail::VideoSink> create(const std::string& path, int width, int height, double fps) {
  auto sink = std::make_unique<Sink>(path, width, height, fps);
  return sink->opened() ? std::move(sink) : nullptr;
}

}  // namespace

extern "C" const ds::detail::VideoCodecs* ds_video_codecs() {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  av_log_set_level(AV_LOG_QUIET);               // the caller reports in words of our own
  ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);  // the same, where OpenCV sets the level again
  static const ds::detail::VideoCodecs codecs{&ds::detail::open_video, &ds::detail::open_gif, &create};
  return &codecs;
}

#include <cmath>
#include <cstdlib>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/videoio.hpp>

#include "codecs.h"

namespace {

class Source : public ds::detail::VideoSource {
 public:
  explicit Source(const std::string& path) : capture_(path, cv::CAP_FFMPEG) {}
  bool opened() const { return capture_.isOpened(); }
  bool next(cv::Mat& image, double& time_s) override {
    if (!capture_.read(image) || image.empty()) return false;
    time_s = capture_.get(cv::CAP_PROP_POS_MSEC) / 1000;
    return true;
  }
  void describe(int& width, int& height, double& fps, std::int64_t& frames) const override {
    width = static_cast<int>(capture_.get(cv::CAP_PROP_FRAME_WIDTH));
    height = static_cast<int>(capture_.get(cv::CAP_PROP_FRAME_HEIGHT));
    fps = capture_.get(cv::CAP_PROP_FPS);
    double count = capture_.get(cv::CAP_PROP_FRAME_COUNT);
    frames = std::isfinite(count) && count > 0 ? static_cast<std::int64_t>(count) : 0;
  }

 private:
  cv::VideoCapture capture_;
};

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

std::unique_ptr<ds::detail::VideoSource> open(const std::string& path) {
  auto source = std::make_unique<Source>(path);
  return source->opened() ? std::move(source) : nullptr;
}

std::unique_ptr<ds::detail::VideoSink> create(const std::string& path, int width, int height, double fps) {
  auto sink = std::make_unique<Sink>(path, width, height, fps);
  return sink->opened() ? std::move(sink) : nullptr;
}

}  // namespace

extern "C" const ds::detail::VideoCodecs* ds_video_codecs() {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);  // AV_LOG_QUIET: the caller reports in words of our own
  static const ds::detail::VideoCodecs codecs{&open, &create};
  return &codecs;
}

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cv {
class Mat;
}

/// What the two plugins offer. They are opened on first use because their libraries take long to load.
namespace ds::detail {

struct ImageCodecs {
  /// To 8-bit BGR, EXIF ignored; false when the bytes cannot be decoded.
  bool (*decode)(const std::uint8_t* bytes, std::size_t size, int reduction, cv::Mat& image);
  bool (*encode)(const char* extension, const cv::Mat& image, int quality, std::vector<std::uint8_t>& bytes);
};

class VideoSource {
 public:
  virtual ~VideoSource() = default;
  virtual bool next(cv::Mat& image, double& time_s) = 0;
  virtual void describe(int& width, int& height, double& fps, std::int64_t& frames) const = 0;
};

class VideoSink {
 public:
  virtual ~VideoSink() = default;
  virtual void write(const cv::Mat& image) = 0;
  virtual void finish() = 0;
};

struct VideoCodecs {
  /// Nothing when the file cannot be opened.
  std::unique_ptr<VideoSource> (*open)(const std::string& path);
  std::unique_ptr<VideoSink> (*create)(const std::string& path, int width, int height, double fps);
};

/// Throws Error when the plugin is not where it is installed.
const ImageCodecs& image_codecs();
const VideoCodecs& video_codecs();

}  // namespace ds::detail

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ds/media/image_header.h"

namespace cv {
class Mat;
}

/// What the two plugins offer. They are opened on first use because their libraries take long to load.
namespace ds::detail {

struct Decoding {
  int reduction = 1;    // of JPEG only
  bool strict = false;  // refuse what the decoder had to make up
};

struct ImageCodecs {
  /// To 8-bit BGR, EXIF ignored. Returns why it cannot be decoded, or an empty text. Prints nothing.
  std::string (*decode)(ImageFormat format, const std::uint8_t* bytes, std::size_t size,
                        const Decoding& decoding, cv::Mat& image);
  bool (*encode)(const char* extension, const cv::Mat& image, int quality, std::vector<std::uint8_t>& bytes);
};

struct VideoDescription {
  int width = 0;  // as shown
  int height = 0;
  double frames_per_second = 0;
  std::int64_t frames = 0;  // 0: not declared
  double duration_s = 0;    // of the pictures; 0: not declared
};

class VideoSource {
 public:
  virtual ~VideoSource() = default;
  /// Decodes the next whole frame; false at the end.
  virtual bool next() = 0;
  /// Of the frame next() went to: place among all decoded frames, time since the stream's start.
  virtual std::int64_t index() const = 0;
  virtual double time_s() const = 0;
  /// The frame as 8-bit BGR, turned upright.
  virtual void picture(cv::Mat& image) = 0;
  virtual VideoDescription describe() const = 0;
  /// Frames and packets that could not be decoded so far.
  virtual std::int64_t damaged() const = 0;
  /// After the end: the container broke off, or promised more than came.
  virtual bool ended_early() const = 0;
};

class VideoSink {
 public:
  virtual ~VideoSink() = default;
  virtual void write(const cv::Mat& image) = 0;
  virtual void finish() = 0;
};

struct VideoCodecs {
  /// Nothing, with the reason in `why`, when the file cannot be opened. Frames over `max_pixels` are damage.
  std::unique_ptr<VideoSource> (*open)(const std::string& path, std::int64_t max_pixels, std::string& why);
  /// The pictures of a GIF, whose bytes outlive the source.
  std::unique_ptr<VideoSource> (*open_gif)(const std::uint8_t* bytes, std::size_t size,
                                           std::int64_t max_pixels, std::string& why);
  std::unique_ptr<VideoSink> (*create)(const std::string& path, int width, int height, double fps);
};

/// Throws Error when the plugin is not where it is installed.
const ImageCodecs& image_codecs();
const VideoCodecs& video_codecs();

}  // namespace ds::detail

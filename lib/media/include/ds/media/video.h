#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace cv {
class Mat;
}

namespace ds {

struct VideoInfo {
  int width = 0;
  int height = 0;
  double frames_per_second = 0;      // as declared; frames may be unevenly spaced
  std::int64_t declared_frames = 0;  // 0 when the container does not say
};

/// Which frames to take; at most one field is set. None set: every frame.
struct FrameChoice {
  std::optional<double> frames_per_minute = std::nullopt;
  std::optional<double> frames_per_second = std::nullopt;
  std::optional<std::int64_t> every = std::nullopt;  // every n-th frame, from the first
  /// Throws UsageError when two are set or one is not positive.
  void validate() const;
};

/// One frame of a video. `image` borrows the reader's buffer until the next frame: clone it to keep it.
struct VideoFrame {
  std::int64_t index = 0;  // 0-based in the video
  double time_s = 0;       // presentation time: right for variable frame rates too
  const cv::Mat& image;    // 8-bit BGR
};

/// Frames of a video in order.
class VideoReader {
 public:
  /// Throws DataError when the file is no video that can be read.
  explicit VideoReader(const std::filesystem::path& file);
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;

  const VideoInfo& info() const;
  /// Goes to the next frame; false at the end.
  bool next();
  /// The frame `next()` went to.
  std::int64_t index() const;
  double time_s() const;
  const cv::Mat& image() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Calls `take` for the chosen frames and returns how many there were. By rate: the first frame at or after
/// each multiple of the period, so the count follows time, not frame numbers. `take` returns false to stop.
std::int64_t for_each_frame(const std::filesystem::path& file, const FrameChoice& choice,
                            const std::function<bool(const VideoFrame&)>& take);

/// Frames given one after the other, as an MPEG-4 video (for samples and overlays).
class VideoWriter {
 public:
  VideoWriter(const std::filesystem::path& file, int width, int height, double frames_per_second);
  ~VideoWriter();
  void write(const cv::Mat& image);
  /// Throws Error when the file could not be finished.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ds

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cv {
class Mat;
}

namespace ds {

struct VideoInfo {
  int width = 0;  // as shown: turned by the container's display matrix
  int height = 0;
  double frames_per_second = 0;      // as declared; frames may be unevenly spaced
  std::int64_t declared_frames = 0;  // 0 when the container does not say
};

/// Which frames to take. At most one of the first three is set; none set: every frame.
struct FrameChoice {
  std::optional<double> frames_per_minute = std::nullopt;
  std::optional<double> frames_per_second = std::nullopt;
  std::optional<std::int64_t> every = std::nullopt;  // every n-th frame, from the first of the range
  /// Only frames shown at from_s <= t < to_s. Rates count from from_s.
  double from_s = 0;
  std::optional<double> to_s = std::nullopt;
  /// Leaves out a frame whose perceptual hash differs in at most so many of 64 bits from the last one taken.
  std::optional<int> drop_similar = std::nullopt;
  /// Throws UsageError when two exclude each other or one is out of its range.
  void validate() const;
};

/// What became of the frames of a video.
struct FrameCount {
  std::int64_t taken = 0;
  std::int64_t similar = 0;  // chosen, then left out by drop_similar
  std::int64_t damaged = 0;  // could not be decoded; left out
  bool ended_early = false;  // the file breaks off before the end that it declares
  double last_time_s = 0;    // of the last frame that was decoded
  double declared_s = 0;     // the declared duration; 0 when there is none
  /// `31 frames, 12 near-duplicates left out`; with damage `; the file breaks off at 12.3 of 30.2 s`.
  std::string to_string() const;
};

/// One frame of a video. `image` borrows the reader's buffer until the next frame: clone it to keep it.
struct VideoFrame {
  std::int64_t index = 0;  // 0-based in the video
  double time_s = 0;       // presentation time: right for variable frame rates too
  const cv::Mat& image;    // 8-bit BGR
};

/// Frames of a video in order, turned upright. A frame that is not asked for is decoded but not converted.
class VideoReader {
 public:
  /// Throws DataError when the file is no video that can be read, or its frames have too many pixels.
  explicit VideoReader(const std::filesystem::path& file);
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;

  const VideoInfo& info() const;
  double declared_s() const;
  /// Frames left out so far because they could not be decoded.
  std::int64_t damaged() const;
  /// After the last frame: whether the file breaks off before its declared end.
  bool ended_early() const;
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

/// Calls `take` for the chosen frames. By rate: the first frame at or after each multiple of the period, so
/// the count follows time, not frame numbers. `take` returns false to stop. Damaged frames are left out and
/// counted. Throws DataError when no frame of the range can be decoded.
FrameCount for_each_frame(const std::filesystem::path& file, const FrameChoice& choice,
                          const std::function<bool(const VideoFrame&)>& take);

/// `90`, `90s`, `2m`, `1:30`, `0:01:30.5` in seconds. Throws UsageError naming `flag`.
double parse_video_time(const std::string& text, const std::string& flag);

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

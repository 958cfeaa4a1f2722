#include "ds/media/video.h"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "codecs.h"
#include "ds/base/error.h"

namespace ds {

void FrameChoice::validate() const {
  int set = frames_per_minute.has_value() + frames_per_second.has_value() + every.has_value();
  if (set > 1)
    throw UsageError("--frames-per-minute, --fps and --every exclude each other; give one of them");
  auto positive = [](const char* flag, double value) {
    if (!(value > 0) || !std::isfinite(value))
      throw UsageError(fmt::format("{} is {}; it must be more than 0", flag, value));
  };
  if (frames_per_minute) positive("--frames-per-minute", *frames_per_minute);
  if (frames_per_second) positive("--fps", *frames_per_second);
  if (every) positive("--every", static_cast<double>(*every));
}

struct VideoReader::State {
  std::unique_ptr<detail::VideoSource> source;
  VideoInfo info;
  cv::Mat image;
  std::int64_t index = -1;
  double time_s = 0;
};

VideoReader::VideoReader(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  if (!std::filesystem::exists(file)) throw_io_error("read", file, ENOENT);
  state_->source = detail::video_codecs().open(file.string());
  if (!state_->source) throw DataError(fmt::format("{}: not a video that FFmpeg can read", file.string()));
  auto& info = state_->info;
  state_->source->describe(info.width, info.height, info.frames_per_second, info.declared_frames);
}

VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;

const VideoInfo& VideoReader::info() const {
  return state_->info;
}
std::int64_t VideoReader::index() const {
  return state_->index;
}
double VideoReader::time_s() const {
  return state_->time_s;
}
const cv::Mat& VideoReader::image() const {
  return state_->image;
}

bool VideoReader::next() {
  if (!state_->source->next(state_->image, state_->time_s)) return false;
  ++state_->index;
  return true;
}

std::int64_t for_each_frame(const std::filesystem::path& file, const FrameChoice& choice,
                            const std::function<bool(const VideoFrame&)>& take) {
  choice.validate();
  std::optional<double> period_s;
  if (choice.frames_per_minute) period_s = 60 / *choice.frames_per_minute;
  if (choice.frames_per_second) period_s = 1 / *choice.frames_per_second;
  VideoReader reader(file);
  std::int64_t taken = 0;
  double due_s = 0;
  // Containers keep times in ticks of their own: a frame meant for 2 s may be stamped 1.9999.
  constexpr double kTick = 1e-3;
  while (reader.next()) {
    if (period_s) {
      if (reader.time_s() < due_s - kTick) continue;
      due_s = (std::floor((reader.time_s() + kTick) / *period_s) + 1) * *period_s;
    } else if (choice.every && reader.index() % *choice.every != 0) {
      continue;
    }
    ++taken;
    if (!take({reader.index(), reader.time_s(), reader.image()})) break;
  }
  if (reader.index() < 0)
    throw DataError(fmt::format("{}: the video has no frame that can be decoded", file.string()));
  return taken;
}

struct VideoWriter::State {
  std::unique_ptr<detail::VideoSink> sink;
  std::filesystem::path file;
  int width = 0;
  int height = 0;
};

VideoWriter::VideoWriter(const std::filesystem::path& file, int width, int height, double frames_per_second)
    : state_(std::make_unique<State>()) {
  state_->sink = detail::video_codecs().create(file.string(), width, height, frames_per_second);
  if (!state_->sink) throw Error(fmt::format("cannot write a video to {}", file.string()));
  state_->file = file;
  state_->width = width;
  state_->height = height;
}

VideoWriter::~VideoWriter() = default;

void VideoWriter::write(const cv::Mat& image) {
  if (image.cols != state_->width || image.rows != state_->height) {
    throw Error(fmt::format("{}: frames are {}x{}, this one is {}x{}", state_->file.string(), state_->width,
                            state_->height, image.cols, image.rows));
  }
  state_->sink->write(image);
}

void VideoWriter::close() {
  state_->sink->finish();
  std::error_code error;
  if (std::filesystem::file_size(state_->file, error) == 0 || error)
    throw Error(fmt::format("{} could not be finished", state_->file.string()));
}

}  // namespace ds

#include "ds/media/video.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <opencv2/core.hpp>

#include "codecs/codecs.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "ds/media/perceptual_hash.h"

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
  if (!(from_s >= 0)) throw UsageError(fmt::format("--from is {} s; it cannot be negative", from_s));
  if (to_s && !(*to_s > from_s))
    throw UsageError(fmt::format("--to is {} s; it must be after --from, {} s", *to_s, from_s));
  if (drop_similar && (*drop_similar < 0 || *drop_similar > 64))
    throw UsageError(fmt::format("--drop-similar is {}; it is a number of bits from 0 to 64", *drop_similar));
}

std::string FrameCount::to_string() const {
  auto text = fmt::format("{} {}", taken, taken == 1 ? "frame" : "frames");
  if (similar > 0)
    text += fmt::format(", {} near-{} left out", similar, similar == 1 ? "duplicate" : "duplicates");
  if (damaged > 0) text += fmt::format("; {} could not be decoded", damaged);
  if (ended_early) {
    text += fmt::format("; the file breaks off at {:.1f}", last_time_s);
    text += declared_s > last_time_s ? fmt::format(" of {:.1f} s", declared_s) : " s";
  }
  return text;
}

struct VideoReader::State {
  std::unique_ptr<detail::VideoSource> source;
  VideoInfo info;
  double declared_s = 0;
  cv::Mat image;
  bool converted = false;
};

namespace {

[[noreturn]] void refuse_video(const std::filesystem::path& file, const std::string& why) {
  std::ifstream in(file, std::ios::binary);
  std::string start(12, '\0');
  in.read(start.data(), static_cast<std::streamsize>(start.size()));
  // Cameras and ffmpeg write the index of an MP4 last, so a broken-off recording has none.
  if (start.substr(4, 4) == "ftyp") {
    throw DataError(fmt::format("{}: the video is cut short or damaged: {}", file.string(), why),
                    "copy the file again from where it came from");
  }
  throw DataError(fmt::format("{}: not a video that FFmpeg can read: {}", file.string(), why));
}

}  // namespace

VideoReader::VideoReader(const std::filesystem::path& file) : state_(std::make_unique<State>()) {
  if (!std::filesystem::exists(file)) throw_io_error("read", file, ENOENT);
  std::string why;
  state_->source = detail::video_codecs().open(file.string(), max_image_pixels(), why);
  if (!state_->source) refuse_video(file, why);
  auto about = state_->source->describe();
  state_->info = {about.width, about.height, about.frames_per_second, about.frames};
  state_->declared_s = about.duration_s;
}

VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;

const VideoInfo& VideoReader::info() const {
  return state_->info;
}
double VideoReader::declared_s() const {
  return state_->declared_s;
}
std::int64_t VideoReader::damaged() const {
  return state_->source->damaged();
}
bool VideoReader::ended_early() const {
  return state_->source->ended_early();
}
std::int64_t VideoReader::index() const {
  return state_->source->index();
}
double VideoReader::time_s() const {
  return state_->source->time_s();
}
const cv::Mat& VideoReader::image() const {
  if (!state_->converted) state_->source->picture(state_->image);
  state_->converted = true;
  return state_->image;
}

bool VideoReader::next() {
  state_->converted = false;
  return state_->source->next();
}

namespace {

// Says of each frame in turn whether it is chosen.
class Chooser {
 public:
  explicit Chooser(const FrameChoice& choice) : choice_(choice), due_s_(choice.from_s) {
    if (choice.frames_per_minute) period_s_ = 60 / *choice.frames_per_minute;
    if (choice.frames_per_second) period_s_ = 1 / *choice.frames_per_second;
  }

  bool before_range(double time_s) const { return time_s < choice_.from_s - kTick; }
  bool after_range(double time_s) const { return choice_.to_s && time_s >= *choice_.to_s - kTick; }

  bool takes(double time_s) {
    auto place = in_range_++;
    if (choice_.every) return place % *choice_.every == 0;
    if (period_s_ <= 0) return true;
    if (time_s < due_s_ - kTick) return false;
    auto passed = std::floor((time_s - choice_.from_s + kTick) / period_s_);
    due_s_ = choice_.from_s + (passed + 1) * period_s_;
    return true;
  }

  bool is_similar(const cv::Mat& image) {
    if (!choice_.drop_similar) return false;
    auto hash = perceptual_hash(image);
    if (any_taken_ && hamming_distance(hash, last_hash_) <= *choice_.drop_similar) return true;
    any_taken_ = true;
    last_hash_ = hash;
    return false;
  }

 private:
  // Containers keep times in ticks of their own: a frame meant for 2 s may be stamped 1.9999.
  static constexpr double kTick = 1e-3;

  const FrameChoice& choice_;
  double period_s_ = 0;  // 0: not by rate
  double due_s_ = 0;
  std::int64_t in_range_ = 0;
  bool any_taken_ = false;
  std::uint64_t last_hash_ = 0;
};

void require_frames(const std::filesystem::path& file, const FrameChoice& choice, const FrameCount& count,
                    bool any) {
  if (!any) throw DataError(fmt::format("{}: the video has no frame that can be decoded", file.string()));
  if (count.taken > 0) return;
  throw DataError(
      fmt::format("{}: no frame from {} s to {}; the last one is at {:.2f} s", file.string(),
                  shortest(choice.from_s),
                  choice.to_s ? shortest(*choice.to_s) + " s" : std::string("the end"), count.last_time_s),
      "give --from and --to inside the video");
}

}  // namespace

FrameCount for_each_frame(const std::filesystem::path& file, const FrameChoice& choice,
                          const std::function<bool(const VideoFrame&)>& take) {
  choice.validate();
  VideoReader reader(file);
  Chooser chooser(choice);
  FrameCount count{.declared_s = reader.declared_s()};
  bool any = false;
  bool stopped = false;
  while (!stopped && reader.next()) {
    any = true;
    count.last_time_s = reader.time_s();
    if (chooser.after_range(reader.time_s())) break;
    if (chooser.before_range(reader.time_s()) || !chooser.takes(reader.time_s())) continue;
    if (chooser.is_similar(reader.image())) {
      ++count.similar;
      continue;
    }
    ++count.taken;
    stopped = !take({reader.index(), reader.time_s(), reader.image()});
  }
  count.damaged = reader.damaged();
  count.ended_early = reader.ended_early();
  require_frames(file, choice, count, any);
  return count;
}

double parse_video_time(const std::string& text, const std::string& flag) {
  std::optional<double> seconds;
  if (text.find(':') == std::string::npos) {
    seconds = parse_duration_s(text);
  } else {
    auto parts = split(text, ':');
    seconds = 0;
    for (const auto& part : parts) {
      auto value = parse_double(part);
      bool good = seconds && value && *value >= 0 && parts.size() <= 3;
      seconds = good ? std::optional(*seconds * 60 + *value) : std::nullopt;
    }
  }
  if (!seconds || *seconds < 0)
    throw UsageError(fmt::format("{} is '{}'; give seconds, 90s, 2m, 1:30 or 0:01:30.5", flag, text));
  return *seconds;
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

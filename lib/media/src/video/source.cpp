#include "video/source.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <array>
#include <cstring>
#include <opencv2/core.hpp>
#include <optional>

#include "codecs/turn.h"

namespace ds::detail {
namespace {

constexpr const char* kContainers =
    "mov,mp4,matroska,webm,avi,mpeg,mpegvideo,mpegts,asf,flv,live_flv,ogg,m4v,h264,hevc,mjpeg,gif";

struct CloseInput {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
};
struct FreeCodec {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
};
struct FreeFrame {
  void operator()(AVFrame* p) const { av_frame_free(&p); }
};
struct FreePacket {
  void operator()(AVPacket* p) const { av_packet_free(&p); }
};
struct FreeIo {
  void operator()(AVIOContext* p) const {
    av_freep(&p->buffer);
    avio_context_free(&p);
  }
};

std::string reason(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

// The EXIF number of a display matrix, which maps stored (x, y) to shown (a x + c y, b x + d y).
int orientation_of(const std::int32_t* matrix) {
  auto sign = [](std::int32_t value) { return value > 0 ? 1 : value < 0 ? -1 : 0; };
  int a = sign(matrix[0]);
  int b = sign(matrix[1]);
  int c = sign(matrix[3]);
  int d = sign(matrix[4]);
  if (b == 0 && c == 0) return a >= 0 ? (d >= 0 ? 1 : 4) : (d >= 0 ? 2 : 3);
  if (a == 0 && d == 0) return b > 0 ? (c > 0 ? 5 : 6) : (c > 0 ? 8 : 7);
  return 1;
}

struct Bytes {
  const std::uint8_t* data = nullptr;
  std::int64_t size = 0;
  std::int64_t at = 0;
};

int read_bytes(void* opaque, std::uint8_t* to, int wanted) {
  auto& bytes = *static_cast<Bytes*>(opaque);
  auto count = static_cast<int>(std::min<std::int64_t>(wanted, bytes.size - bytes.at));
  if (count <= 0) return AVERROR_EOF;
  std::memcpy(to, bytes.data + bytes.at, static_cast<std::size_t>(count));
  bytes.at += count;
  return count;
}

std::int64_t seek_bytes(void* opaque, std::int64_t offset, int whence) {
  auto& bytes = *static_cast<Bytes*>(opaque);
  whence &= ~AVSEEK_FORCE;
  if (whence == AVSEEK_SIZE) return bytes.size;
  auto base = whence == SEEK_CUR ? bytes.at : whence == SEEK_END ? bytes.size : 0;
  auto target = base + offset;
  if (target < 0 || target > bytes.size) return AVERROR(EINVAL);
  return bytes.at = target;
}

/// One video or GIF, decoded frame by frame in the order of showing.
///
/// FFmpeg hands over what it could not decode as if it were a picture; here a frame with an error flag is counted
/// and passed over, so that next() gives whole frames only, and index() still counts all of them. Times are of
/// the container, from the stream's start, and never go back. Whether the file broke off can only be judged at
/// its end, from what the container had promised. The file is local whatever its name says: no protocol and no
/// playlist is followed.
class Source : public VideoSource {
 public:
  /// Returns why not, or an empty text.
  std::string open(const std::string& path, std::int64_t max_pixels) {
    AVFormatContext* context = nullptr;
    // A local file, whatever its name looks like ("http:", "concat:").
    auto url = "file:" + path;
    AVDictionary* options = nullptr;
    // A playlist under a video's name must not make us read other files, or the network.
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    av_dict_set(&options, "format_whitelist", kContainers, 0);
    int code = avformat_open_input(&context, url.c_str(), nullptr, &options);
    av_dict_free(&options);
    if (code < 0) return reason(code);
    format_.reset(context);
    return open_stream(max_pixels);
  }

  std::string open_gif(const std::uint8_t* bytes, std::size_t size, std::int64_t max_pixels) {
    bytes_ = {bytes, static_cast<std::int64_t>(size), 0};
    constexpr int kBuffer = 1 << 15;
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBuffer));
    io_.reset(avio_alloc_context(buffer, kBuffer, 0, &bytes_, &read_bytes, nullptr, &seek_bytes));
    auto* context = avformat_alloc_context();
    context->pb = io_.get();
    context->flags |= AVFMT_FLAG_CUSTOM_IO;
    if (int code = avformat_open_input(&context, nullptr, av_find_input_format("gif"), nullptr); code < 0)
      return reason(code);
    format_.reset(context);
    return open_stream(max_pixels);
  }

  bool next() override {
    for (;;) {
      int code = avcodec_receive_frame(codec_.get(), frame_.get());
      if (code == 0) {
        ++index_;
        stamp();
        if (!is_damaged()) return true;
        ++damaged_;
        continue;
      }
      if (code == AVERROR_EOF || drained_) {
        at_end_ = true;
        return false;
      }
      if (code != AVERROR(EAGAIN)) ++damaged_;
      feed();
    }
  }

  std::int64_t index() const override { return index_; }
  double time_s() const override { return time_s_; }

  void picture(cv::Mat& image) override {
    auto* frame = frame_.get();
    scaler_ = sws_getCachedContext(scaler_, frame->width, frame->height,
                                   static_cast<AVPixelFormat>(frame->format), frame->width, frame->height,
                                   AV_PIX_FMT_BGR24, SWS_BICUBIC, nullptr, nullptr, nullptr);
    if (scaler_ == nullptr) throw cv::Exception(cv::Error::StsError, "no conversion", "picture", __FILE__, 0);
    set_colours();
    // The scaler writes whole vectors: rows get room behind their end.
    constexpr int kRoom = 64;
    cv::Mat buffer(frame->height + 1, frame->width + kRoom, CV_8UC3);
    std::uint8_t* rows[4] = {buffer.data, nullptr, nullptr, nullptr};
    int steps[4] = {static_cast<int>(buffer.step), 0, 0, 0};
    sws_scale(scaler_, frame->data, frame->linesize, 0, frame->height, rows, steps);
    turn(buffer(cv::Rect(0, 0, frame->width, frame->height)), orientation_).copyTo(image);
  }

  VideoDescription describe() const override {
    const auto* parameters = stream_->codecpar;
    VideoDescription all;
    all.width = orientation_ >= 5 ? parameters->height : parameters->width;
    all.height = orientation_ >= 5 ? parameters->width : parameters->height;
    auto rate = av_guess_frame_rate(format_.get(), stream_, nullptr);
    all.frames_per_second = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
    all.duration_s = declared_duration_s();
    all.frames = std::max<std::int64_t>(0, stream_->nb_frames);
    if (all.frames == 0) all.frames = static_cast<std::int64_t>(all.duration_s * all.frames_per_second + 0.5);
    return all;
  }

  std::int64_t damaged() const override { return damaged_; }

  bool ended_early() const override {
    if (!at_end_) return false;
    if (broke_off_) return true;
    auto about = describe();
    auto period = about.frames_per_second > 0 ? 1 / about.frames_per_second : 0;
    // The last frame may be shown for long, and containers round.
    auto slack = std::max({1.0, 3 * period, 0.02 * about.duration_s});
    // Without a count the container's duration decides, unless another stream may be the longer one.
    bool fewer =
        stream_->nb_frames > 0 ? index_ + 1 + damaged_ < stream_->nb_frames : format_->nb_streams == 1;
    return fewer && about.duration_s > 0 && time_s_ + period + slack < about.duration_s;
  }

  ~Source() override { sws_freeContext(scaler_); }

 private:
  bool is_cover(int stream) const {
    return (format_->streams[stream]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
  }
  std::optional<int> first_moving_stream() const {
    for (int i = 0; i < static_cast<int>(format_->nb_streams); ++i)
      if (format_->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !is_cover(i)) return i;
    return std::nullopt;
  }

  std::string open_stream(std::int64_t max_pixels) {
    if (int code = avformat_find_stream_info(format_.get(), nullptr); code < 0) return reason(code);
    const AVCodec* decoder = nullptr;
    int which = av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &decoder, 0);
    // The cover of a sound file is a stream of one picture.
    if (which >= 0 && is_cover(which)) {
      auto moving = first_moving_stream();
      if (!moving) return "it holds sound and a cover picture, no video";
      which = av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, *moving, -1, &decoder, 0);
    }
    if (which == AVERROR_DECODER_NOT_FOUND) return "no decoder for its codec";
    if (which < 0) return "no video stream in it";
    for (unsigned i = 0; i < format_->nb_streams; ++i)
      if (static_cast<int>(i) != which) format_->streams[i]->discard = AVDISCARD_ALL;
    stream_ = format_->streams[which];
    auto pixels = std::int64_t{stream_->codecpar->width} * stream_->codecpar->height;
    if (pixels > max_pixels) {
      return "its frames have " + std::to_string(pixels) + " pixels, more than the " +
             std::to_string(max_pixels) + " allowed";
    }
    codec_.reset(avcodec_alloc_context3(decoder));
    avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
    codec_->pkt_timebase = stream_->time_base;
    codec_->thread_count = 0;
    codec_->max_pixels = max_pixels;
    if (int code = avcodec_open2(codec_.get(), decoder, nullptr); code < 0) return reason(code);
    std::size_t size = 0;
    const auto* matrix = av_stream_get_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (matrix != nullptr && size >= 9 * sizeof(std::int32_t)) {
      std::array<std::int32_t, 9> values;
      std::memcpy(values.data(), matrix, sizeof(values));
      orientation_ = orientation_of(values.data());
    }
    if (stream_->start_time != AV_NOPTS_VALUE) start_ = stream_->start_time;
    return {};
  }

  // Sends the decoder one more packet, or tells it that there are none.
  void feed() {
    for (;;) {
      int code = av_read_frame(format_.get(), packet_.get());
      if (code < 0) {
        broke_off_ = code != AVERROR_EOF;
        drained_ = avcodec_send_packet(codec_.get(), nullptr) < 0;
        return;
      }
      bool ours = packet_->stream_index == stream_->index;
      bool partial = (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
      if (ours && partial) {
        ++damaged_;
      } else if (ours) {
        int sent = avcodec_send_packet(codec_.get(), packet_.get());
        if (sent < 0 && sent != AVERROR(EAGAIN)) ++damaged_;
      }
      av_packet_unref(packet_.get());
      if (ours) return;
    }
  }

  bool is_damaged() const {
    return (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame_->decode_error_flags != 0;
  }

  void stamp() {
    auto stamp = frame_->best_effort_timestamp;
    if (stamp == AV_NOPTS_VALUE) {
      auto rate = av_guess_frame_rate(format_.get(), stream_, nullptr);
      if (index_ > 0 && rate.num > 0) time_s_ += 1 / av_q2d(rate);
      return;
    }
    if (start_ == AV_NOPTS_VALUE) start_ = stamp;
    time_s_ = std::max(0.0, static_cast<double>(stamp - start_) * av_q2d(stream_->time_base));
  }

  double declared_duration_s() const {
    if (stream_->duration != AV_NOPTS_VALUE && stream_->duration > 0)
      return static_cast<double>(stream_->duration) * av_q2d(stream_->time_base);
    if (format_->duration != AV_NOPTS_VALUE && format_->duration > 0)
      return static_cast<double>(format_->duration) / AV_TIME_BASE;
    return 0;
  }

  // What the stream says about its colours; the scaler's own guess is BT.601 for everything.
  void set_colours() {
    auto matrix = frame_->colorspace;
    if (matrix == AVCOL_SPC_UNSPECIFIED || matrix == AVCOL_SPC_RGB) return;
    bool full = frame_->color_range == AVCOL_RANGE_JPEG;
    const int* coefficients = sws_getCoefficients(matrix);
    sws_setColorspaceDetails(scaler_, coefficients, full, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16,
                             1 << 16);
  }

  Bytes bytes_;
  std::unique_ptr<AVIOContext, FreeIo> io_;
  std::unique_ptr<AVFormatContext, CloseInput> format_;
  std::unique_ptr<AVCodecContext, FreeCodec> codec_;
  std::unique_ptr<AVFrame, FreeFrame> frame_{av_frame_alloc()};
  std::unique_ptr<AVPacket, FreePacket> packet_{av_packet_alloc()};
  SwsContext* scaler_ = nullptr;
  AVStream* stream_ = nullptr;
  std::int64_t start_ = AV_NOPTS_VALUE;
  std::int64_t index_ = -1;
  std::int64_t damaged_ = 0;
  double time_s_ = 0;
  int orientation_ = 1;
  bool drained_ = false;
  bool broke_off_ = false;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<VideoSource> open_video(const std::string& path, std::int64_t max_pixels, std::string& why) {
  auto source = std::make_unique<Source>();
  why = source->open(path, max_pixels);
  if (!why.empty()) return nullptr;
  return source;
}

std::unique_ptr<VideoSource> open_gif(const std::uint8_t* bytes, std::size_t size, std::int64_t max_pixels,
                                      std::string& why) {
  auto source = std::make_unique<Source>();
  why = source->open_gif(bytes, size, max_pixels);
  if (!why.empty()) return nullptr;
  return source;
}

}  // namespace ds::detail

#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
}

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "ds/base/error.h"

/// Videos with any frame times, which OpenCV's writer cannot make.
namespace ds::testing {

struct TimedPicture {
  std::int64_t time_ms = 0;
  cv::Mat image;  // 8-bit BGR; becomes grey
};

/// a, b, c, d of a display matrix: stored (x, y) is shown at (a x + c y, b x + d y).
using Turn = std::array<int, 4>;

class MovieMaker {
 public:
  MovieMaker(const std::filesystem::path& file, cv::Size size, std::optional<Turn> turn) {
    check(avformat_alloc_output_context2(&format_, nullptr, nullptr, file.c_str()));
    const auto* encoder = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (encoder == nullptr) throw Error("FFmpeg has no MPEG-4 encoder");
    stream_ = avformat_new_stream(format_, nullptr);
    codec_ = avcodec_alloc_context3(encoder);
    codec_->width = size.width;
    codec_->height = size.height;
    codec_->pix_fmt = AV_PIX_FMT_YUV420P;
    codec_->time_base = {1, 1000};
    codec_->bit_rate = 2'000'000;
    codec_->gop_size = 12;
    if (format_->oformat->flags & AVFMT_GLOBALHEADER) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    check(avcodec_open2(codec_, encoder, nullptr));
    check(avcodec_parameters_from_context(stream_->codecpar, codec_));
    stream_->time_base = codec_->time_base;
    if (turn) set_matrix(*turn);
    check(avio_open(&format_->pb, file.c_str(), AVIO_FLAG_WRITE));
    check(avformat_write_header(format_, nullptr));
  }

  void add(const TimedPicture& picture) {
    auto* frame = av_frame_alloc();
    frame->format = codec_->pix_fmt;
    frame->width = codec_->width;
    frame->height = codec_->height;
    check(av_frame_get_buffer(frame, 0));
    for (int y = 0; y < frame->height; ++y)
      for (int x = 0; x < frame->width; ++x)
        frame->data[0][y * frame->linesize[0] + x] = picture.image.at<cv::Vec3b>(y, x)[1];
    for (int plane : {1, 2})
      std::memset(frame->data[plane], 128,
                  static_cast<std::size_t>(frame->linesize[plane] * frame->height / 2));
    frame->pts = picture.time_ms;
    send(frame);
    av_frame_free(&frame);
  }

  void finish() {
    send(nullptr);
    check(av_write_trailer(format_));
    avio_closep(&format_->pb);
  }

  ~MovieMaker() {
    avcodec_free_context(&codec_);
    avformat_free_context(format_);
  }
  MovieMaker(const MovieMaker&) = delete;
  MovieMaker& operator=(const MovieMaker&) = delete;

 private:
  static void check(int code) {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    if (code < 0 && av_strerror(code, text.data(), text.size()) == 0) throw Error(text.data());
  }

  void set_matrix(const Turn& turn) {
    constexpr std::int32_t kOne = 1 << 16;
    std::array<std::int32_t, 9> matrix = {
        turn[0] * kOne, turn[1] * kOne, 0, turn[2] * kOne, turn[3] * kOne, 0, 0, 0, 1 << 30};
    auto* data = av_stream_new_side_data(stream_, AV_PKT_DATA_DISPLAYMATRIX, sizeof(matrix));
    std::memcpy(data, matrix.data(), sizeof(matrix));
  }

  void send(AVFrame* frame) {
    check(avcodec_send_frame(codec_, frame));
    auto* packet = av_packet_alloc();
    while (avcodec_receive_packet(codec_, packet) == 0) {
      packet->duration = 100;  // ms; MP4 leaves out a last frame that is shown for no time
      av_packet_rescale_ts(packet, codec_->time_base, stream_->time_base);
      packet->stream_index = stream_->index;
      check(av_interleaved_write_frame(format_, packet));
    }
    av_packet_free(&packet);
  }

  AVFormatContext* format_ = nullptr;
  AVStream* stream_ = nullptr;
  AVCodecContext* codec_ = nullptr;
};

inline void make_video(const std::filesystem::path& file, const std::vector<TimedPicture>& pictures,
                       std::optional<Turn> turn = std::nullopt) {
  MovieMaker maker(file, pictures.at(0).image.size(), turn);
  for (const auto& picture : pictures) maker.add(picture);
  maker.finish();
}

}  // namespace ds::testing

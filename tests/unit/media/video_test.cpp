#include "ds/media/video.h"

#include <opencv2/core.hpp>
#include <vector>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/synthetic_scene.h"
#include "ds/testing/shared_data.h"
#include "make_images.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

std::vector<double> times(const std::filesystem::path& file, const FrameChoice& choice) {
  std::vector<double> all;
  for_each_frame(file, choice, [&](const VideoFrame& frame) {
    all.push_back(frame.time_s);
    return true;
  });
  return all;
}

// A GIF of 4x4 pixels a frame with the given delays: a video whose frames are unevenly spaced. A clear code
// before every two pixels keeps all codes at three bits.
std::string gif_with_delays(const std::vector<int>& delays_cs) {
  std::string gif = "GIF89a";
  append_u16(gif, 4);
  append_u16(gif, 4);
  gif += std::string("\x91\0\0", 3) + std::string("\0\0\0\xFF\xFF\xFF\xFF\0\0\0\0\xFF", 12);
  for (std::size_t i = 0; i < delays_cs.size(); ++i) {
    gif += std::string("\x21\xF9\x04\0", 4);
    append_u16(gif, static_cast<std::uint32_t>(delays_cs[i]));
    gif += std::string("\0\0", 2) + ",";
    for (int n : {0, 0, 4, 4}) append_u16(gif, static_cast<std::uint32_t>(n));
    gif += std::string("\0\x02", 2);
    std::string bits;
    auto code = [&](unsigned value) {
      for (int b = 0; b < 3; ++b) bits += static_cast<char>('0' + (value >> b & 1));
    };
    for (int pair = 0; pair < 8; ++pair) {
      code(4);
      code(static_cast<unsigned>(i % 4));
      code(static_cast<unsigned>(i % 4));
    }
    code(5);
    std::string data;
    for (std::size_t at = 0; at < bits.size(); at += 8) {
      unsigned byte = 0;
      for (std::size_t b = 0; b < 8 && at + b < bits.size(); ++b)
        byte |= static_cast<unsigned>(bits[at + b] - '0') << b;
      data += static_cast<char>(byte);
    }
    gif += static_cast<char>(data.size());
    gif += data;
    gif += '\0';
  }
  return gif + ";";
}

}  // namespace

TEST_CASE("car-detection.mp4: 377 frames, 31 at 60 a minute, 76 of every fifth") {
  if (shared_is_absent("data/videos")) return;
  auto file = shared_folder() / "data/videos/car-detection.mp4";
  REQUIRE(VideoReader(file).info().width == 768);
  auto count = [&](const FrameChoice& choice) {
    return for_each_frame(file, choice, [](const VideoFrame&) { return true; }).taken;
  };
  REQUIRE(count({.every = 1}) == 377);
  // 377 frames at 12.5 a second end at 30.08 s: whole seconds 0 to 30
  REQUIRE(count({.frames_per_minute = 60}) == 31);
  REQUIRE(count({.frames_per_second = 1}) == 31);
  // frames 0, 5, ... 375
  REQUIRE(count({.every = 5}) == 76);
  auto seconds = times(file, {.frames_per_minute = 60});
  REQUIRE(seconds[0] == Approx(0));
  // the first frame at or after 1 s is number 13, at 13 * 0.08
  REQUIRE(seconds[1] == Approx(1.04));
  REQUIRE(seconds[2] == Approx(2.0));
}

TEST_CASE("a variable frame rate counts by time, not by frame number") {
  TemporaryFolder folder;
  auto file = folder.path() / "uneven.gif";
  // shown at 0, 0.1, 0.2, 2.2, 2.3, 4.3 s
  write_file_atomically(file, gif_with_delays({10, 10, 200, 10, 200, 10}));
  auto all = times(file, {});
  REQUIRE(all.size() == 6);
  REQUIRE(all[3] == Approx(2.2));
  REQUIRE(all[5] == Approx(4.3));
  auto chosen = times(file, {.frames_per_second = 1});
  // first at or after 0, 1, 3 (the frame at 2.2 served 1 and 2), 5: 0, 2.2, 4.3
  REQUIRE(chosen.size() == 3);
  REQUIRE(chosen[1] == Approx(2.2));
  REQUIRE(chosen[2] == Approx(4.3));
}

TEST_CASE("a written video reads back with its frames") {
  TemporaryFolder folder;
  auto file = folder.path() / "v.mp4";
  write_scene_video(file, {.width = 64, .height = 48}, 1, 10);
  REQUIRE(times(file, {}).size() == 10);
  REQUIRE(VideoReader(file).info().height == 48);
}

TEST_CASE("what is no video is named, and choices exclude each other") {
  TemporaryFolder folder;
  auto file = folder.path() / "v.mp4";
  REQUIRE_THROWS_AS(VideoReader(file), Error);
  write_file_atomically(file, "not a video");
  REQUIRE_THROWS_WITH(VideoReader(file), file.string() + ": not a video that FFmpeg can read");
  REQUIRE_THROWS_WITH((FrameChoice{.frames_per_minute = 1, .every = 2}.validate()),
                      "--frames-per-minute, --fps and --every exclude each other; give one of them");
  REQUIRE_THROWS_WITH(FrameChoice{.every = 0}.validate(), "--every is 0; it must be more than 0");
}

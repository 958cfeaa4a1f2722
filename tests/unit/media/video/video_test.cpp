#include "ds/media/video.h"

#include <opencv2/core.hpp>
#include <vector>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/image_io.h"
#include "ds/media/synthetic_scene.h"
#include "ds/testing/shared_data.h"
#include "make_images.h"
#include "make_video.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

// One picture each `step_ms`, of a bar that stands further right each time.
std::vector<TimedPicture> moving_bar(int count, std::int64_t step_ms) {
  std::vector<TimedPicture> all;
  for (int i = 0; i < count; ++i) {
    cv::Mat image(48, 64, CV_8UC3, cv::Scalar(30, 30, 30));
    image(cv::Rect(i % 56, 0, 8, 48)).setTo(cv::Scalar(220, 220, 220));
    all.push_back({i * step_ms, image});
  }
  return all;
}

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
  REQUIRE_THROWS_WITH(VideoReader(file), file.string() +
                                             ": not a video that FFmpeg can read: Invalid data found when "
                                             "processing input");
  // A playlist under a video's name would make us read what it lists.
  write_file_atomically(file, "ffconcat version 1.0\nfile 'http://127.0.0.1/x.mp4'\n");
  REQUIRE_THROWS_WITH(VideoReader(file),
                      file.string() + ": not a video that FFmpeg can read: Invalid argument");
  REQUIRE_THROWS_WITH((FrameChoice{.frames_per_minute = 1, .every = 2}.validate()),
                      "--frames-per-minute, --fps and --every exclude each other; give one of them");
  REQUIRE_THROWS_WITH(FrameChoice{.every = 0}.validate(), "--every is 0; it must be more than 0");
  REQUIRE_THROWS_WITH((FrameChoice{.from_s = 5, .to_s = 5}.validate()),
                      "--to is 5 s; it must be after --from, 5 s");
  REQUIRE_THROWS_WITH(FrameChoice{.drop_similar = 65}.validate(),
                      "--drop-similar is 65; it is a number of bits from 0 to 64");
}

TEST_CASE("MP4 and MKV with uneven times give the frames of each second by their own times") {
  TemporaryFolder folder;
  for (const std::string suffix : {".mp4", ".mkv"}) {
    CAPTURE(suffix);
    auto file = folder.path() / ("uneven" + suffix);
    std::vector<TimedPicture> pictures;
    // A camera that slows down: 10 frames in the first second, then one each 0.7 s.
    for (int i = 0; i < 10; ++i) pictures.push_back({i * 100, moving_bar(1, 0)[0].image});
    for (int i = 0; i < 5; ++i) pictures.push_back({1000 + i * 700, moving_bar(1, 0)[0].image});
    make_video(file, pictures);
    auto all = times(file, {});
    REQUIRE(all.size() == 15);
    for (std::size_t i = 0; i < all.size(); ++i)
      REQUIRE(all[i] == Approx(static_cast<double>(pictures[i].time_ms) / 1000).margin(1e-3));
    // first at or after 0, 1, 2, 3: 0, 1.0, 2.4, 3.1; the video ends at 3.8
    auto chosen = times(file, {.frames_per_second = 1});
    REQUIRE(chosen.size() == 4);
    REQUIRE(chosen[1] == Approx(1.0).margin(1e-3));
    REQUIRE(chosen[2] == Approx(2.4).margin(1e-3));
    REQUIRE(chosen[3] == Approx(3.1).margin(1e-3));
  }
}

TEST_CASE("a range takes from <= t < to, and rates and steps count from its start") {
  TemporaryFolder folder;
  auto file = folder.path() / "v.mp4";
  make_video(file, moving_bar(50, 100));  // 0 .. 4.9 s
  REQUIRE(times(file, {.from_s = 1, .to_s = 2}).size() == 10);
  auto chosen = times(file, {.frames_per_second = 2, .from_s = 1.2, .to_s = 2.8});
  // 1.2, 1.7, 2.2, 2.7
  REQUIRE(chosen.size() == 4);
  REQUIRE(chosen[0] == Approx(1.2).margin(1e-3));
  REQUIRE(chosen[3] == Approx(2.7).margin(1e-3));
  auto stepped = times(file, {.every = 4, .from_s = 1.1, .to_s = 2});
  // 1.1, 1.5, 1.9
  REQUIRE(stepped.size() == 3);
  REQUIRE(stepped[0] == Approx(1.1).margin(1e-3));
  REQUIRE_THROWS_WITH(times(file, {.from_s = 9}),
                      file.string() + ": no frame from 9 s to the end; the last one is at 4.90 s");
  // frame numbers are those of the whole video
  for_each_frame(file, {.from_s = 3}, [](const VideoFrame& frame) {
    REQUIRE(frame.index == 30);
    return false;
  });
}

TEST_CASE("near-duplicates of the last frame taken are left out and counted") {
  TemporaryFolder folder;
  auto file = folder.path() / "v.mp4";
  std::vector<TimedPicture> pictures;
  auto bar = moving_bar(50, 0);
  // ten times the bar at the left, ten times in the middle, ten times at the left again
  for (int i = 0; i < 30; ++i) pictures.push_back({i * 100, bar[i / 10 == 1 ? 28 : 0].image});
  make_video(file, pictures);
  auto look = [&](std::optional<int> drop) {
    return for_each_frame(file, {.drop_similar = drop}, [](const VideoFrame&) { return true; });
  };
  REQUIRE(look(std::nullopt).taken == 30);
  auto count = look(4);
  REQUIRE(count.taken == 3);
  REQUIRE(count.similar == 27);
  REQUIRE(count.to_string() == "3 frames, 27 near-duplicates left out");
  REQUIRE(look(64).taken == 1);
}

TEST_CASE("videos are turned by their display matrix, mirrored ones too") {
  TemporaryFolder folder;
  // stored: a bright quarter at the top left
  cv::Mat image(48, 64, CV_8UC3, cv::Scalar(30, 30, 30));
  image(cv::Rect(0, 0, 32, 24)).setTo(cv::Scalar(220, 220, 220));
  struct Case {
    Turn turn;
    bool swaps;
    int x, y;  // the corner where the bright quarter is shown
  };
  for (const auto& [turn, swaps, x, y] :
       {Case{{1, 0, 0, 1}, false, 0, 0}, Case{{-1, 0, 0, 1}, false, 1, 0}, Case{{-1, 0, 0, -1}, false, 1, 1},
        Case{{1, 0, 0, -1}, false, 0, 1}, Case{{0, 1, 1, 0}, true, 0, 0}, Case{{0, 1, -1, 0}, true, 1, 0},
        Case{{0, -1, -1, 0}, true, 1, 1}, Case{{0, -1, 1, 0}, true, 0, 1}}) {
    CAPTURE(turn);
    auto file = folder.path() / "turned.mp4";
    make_video(file, {{0, image}, {100, image}}, turn);
    VideoReader reader(file);
    REQUIRE(reader.info().width == (swaps ? 48 : 64));
    REQUIRE(reader.next());
    const auto& shown = reader.image();
    REQUIRE(shown.cols == (swaps ? 48 : 64));
    for (int qx : {0, 1}) {
      for (int qy : {0, 1}) {
        auto pixel = shown.at<cv::Vec3b>(shown.rows * (1 + 2 * qy) / 4, shown.cols * (1 + 2 * qx) / 4);
        REQUIRE((pixel[1] > 128) == (qx == x && qy == y));
      }
    }
  }
}

TEST_CASE("a video that breaks off gives the frames before, and says so") {
  TemporaryFolder folder;
  auto whole = folder.path() / "whole.mkv";
  make_video(whole, moving_bar(100, 100));
  auto bytes = read_file(whole);
  auto cut = folder.path() / "cut.mkv";
  write_file_atomically(cut, std::string_view(bytes).substr(0, bytes.size() / 2));
  auto count = for_each_frame(cut, {}, [](const VideoFrame&) { return true; });
  REQUIRE(count.taken > 20);
  REQUIRE(count.taken < 80);
  REQUIRE(count.ended_early);
  REQUIRE(count.to_string().find("; the file breaks off at ") != std::string::npos);
  REQUIRE_FALSE(for_each_frame(whole, {}, [](const VideoFrame&) { return true; }).ended_early);
  // Without its index at the end an MP4 cannot be read at all.
  make_video(folder.path() / "whole.mp4", moving_bar(100, 100));
  bytes = read_file(folder.path() / "whole.mp4");
  auto cut_mp4 = folder.path() / "cut.mp4";
  write_file_atomically(cut_mp4, std::string_view(bytes).substr(0, bytes.size() / 2));
  REQUIRE_THROWS_WITH(VideoReader(cut_mp4),
                      cut_mp4.string() +
                          ": the video is cut short or damaged: Invalid data found when "
                          "processing input");
}

TEST_CASE("a broken tail of car-detection.mp4 costs its own frames only") {
  if (shared_is_absent("data/videos")) return;
  TemporaryFolder folder;
  auto bytes = read_file(shared_folder() / "data/videos/car-detection.mp4");
  auto file = folder.path() / "cut.mp4";
  write_file_atomically(file, std::string_view(bytes).substr(0, bytes.size() * 3 / 4));
  FrameCount count;
  try {
    count = for_each_frame(file, {.frames_per_minute = 60}, [](const VideoFrame&) { return true; });
  } catch (const DataError& error) {
    // The index stands at the end of this file: nothing can be read without it.
    REQUIRE(std::string(error.what()).find(": the video is cut short or damaged: ") != std::string::npos);
    return;
  }
  REQUIRE(count.taken > 10);
  REQUIRE(count.taken < 31);
  REQUIRE(count.ended_early);
}

TEST_CASE("times of a video as people write them") {
  REQUIRE(parse_video_time("90", "--from") == 90);
  REQUIRE(parse_video_time("2m", "--from") == 120);
  REQUIRE(parse_video_time("1:30", "--from") == 90);
  REQUIRE(parse_video_time("1:00:01.5", "--from") == 3601.5);
  for (const std::string wrong : {"", "soon", "1:", "-3", "1:2:3:4", "1:-5"})
    REQUIRE_THROWS_WITH(parse_video_time(wrong, "--to"),
                        "--to is '" + wrong + "'; give seconds, 90s, 2m, 1:30 or 0:01:30.5");
}

TEST_CASE("a sound file with a cover picture is no video") {
  auto box = [](const std::string& name, const std::string& content) {
    auto size = static_cast<std::uint32_t>(content.size() + 8);
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xFF);
    return bytes + name + content;
  };
  auto cover = encode_jpeg(cv::Mat(16, 16, CV_8UC3, cv::Scalar(1, 2, 3)), 90);
  auto data = box("data", std::string("\0\0\0\x0D\0\0\0\0", 8) + cover);  // 13: JPEG
  auto handler = box("hdlr", std::string(8, '\0') + "mdirappl" + std::string(9, '\0'));
  auto meta = box("meta", std::string(4, '\0') + handler + box("ilst", box("covr", data)));
  auto header = box("mvhd", std::string(12, '\0') + std::string("\0\0\3\xE8", 4) + std::string(84, '\0'));
  TemporaryFolder folder;
  auto file = folder.path() / "song.mp4";
  write_file_atomically(file, box("ftyp", "M4A " + std::string(4, '\0') + "M4A mp42isom") +
                                  box("moov", header + box("udta", meta)));
  REQUIRE_THROWS_WITH(VideoReader(file), Catch::Contains("it holds sound and a cover picture, no video"));
}

#include "ds/deploy/predict.h"

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_io.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

/// One cat of 0.75 in the left half of every picture.
Detector left_cat() {
  return load_detector(testing::source_folder() / "tests/data/models/left-cat");
}

void picture(const fs::path& file, int width = 64, int height = 64) {
  write_image(file, cv::Mat(height, width, CV_8UC3, cv::Scalar(90, 120, 30)));
}

Json run_json(const std::vector<fs::path>& sources, const fs::path& out, PredictReport* report = nullptr) {
  auto detector = left_cat();
  auto result = predict(detector, sources, out, {}, no_progress());
  if (report != nullptr) *report = result;
  return Json::parse(read_file(out));
}

std::vector<std::string> files_of(const Json& json) {
  std::vector<std::string> files;
  for (const auto& image : json.at("images")) files.push_back(image.at("file"));
  return files;
}

/// Asks to stop after so many pictures.
class StopAfter final : public Progress {
 public:
  explicit StopAfter(std::int64_t pictures) : left_(pictures) {}
  void begin(const std::string&, std::int64_t) override {}
  void advance(std::int64_t steps) override {
    left_ -= steps;
    if (left_ <= 0) request_stop(SIGTERM);
  }
  void note(const std::string&) override {}
  void end() override {}

 private:
  std::int64_t left_;
};

}  // namespace

TEST_CASE("json holds every picture of a folder in natural order") {
  TemporaryFolder folder;
  make_folders(folder.path() / "in/sub");
  for (const char* name : {"in/b10.png", "in/b9.png", "in/sub/a.jpg"}) picture(folder.path() / name);
  write_file_atomically(folder.path() / "in/notes.txt", "no picture");
  PredictReport report;
  auto json = run_json({folder.path() / "in"}, folder.path() / "out.json", &report);
  REQUIRE(report.pictures == 3);
  REQUIRE(report.detections == 3);
  REQUIRE(report.failed.empty());
  REQUIRE(json["model"] == "left-cat");
  REQUIRE(json["classes"] == Json{"cat", "dog"});
  REQUIRE(files_of(json) == std::vector<std::string>{"b9.png", "b10.png", "sub/a.jpg"});
  const auto& found = json["images"][0]["detections"][0];
  REQUIRE(found["class"] == "cat");
  REQUIRE(found["score"] == 0.75);
  REQUIRE(found["box"][0].get<double>() == Approx(0).margin(1e-4));
  REQUIRE(found["box"][2].get<double>() == Approx(32).margin(1e-4));  // half of 64
  REQUIRE(found["box"][3].get<double>() == Approx(64).margin(1e-4));
  REQUIRE_FALSE(fs::exists(folder.path() / "out.json.partial.jsonl"));
}

TEST_CASE("csv and coco say the same") {
  TemporaryFolder folder;
  picture(folder.path() / "a, \"b\".png");
  auto detector = left_cat();
  PredictOptions options;
  options.format = "csv";
  predict(detector, {folder.path() / "a, \"b\".png"}, folder.path() / "out.csv", options, no_progress());
  auto lines = split(trim(read_file(folder.path() / "out.csv")), '\n');
  REQUIRE(lines.size() == 2);
  REQUIRE(lines[0] == "file,time_s,width,height,class,score,x0,y0,x1,y1");
  REQUIRE(lines[1].starts_with("\"a, \"\"b\"\".png\",,64,64,cat,0.75,"));
  options.format = "coco";
  predict(detector, {folder.path() / "a, \"b\".png"}, folder.path() / "out.coco", options, no_progress());
  auto coco = Json::parse(read_file(folder.path() / "out.coco"));
  REQUIRE(coco["images"][0] == Json{{"id", 1}, {"file_name", "a, \"b\".png"}, {"width", 64}, {"height", 64}});
  REQUIRE(coco["annotations"][0]["category_id"] == 1);
  REQUIRE(coco["annotations"][0]["bbox"][2].get<double>() == Approx(32).margin(1e-4));
  REQUIRE(coco["annotations"][0]["score"] == 0.75);
  REQUIRE(coco["categories"][1] == Json{{"id", 2}, {"name", "dog"}});
}

TEST_CASE("overlay writes pictures with boxes and videos with their frames") {
  TemporaryFolder folder;
  make_folders(folder.path() / "in/sub");
  picture(folder.path() / "in/sub/a.png");
  {
    VideoWriter writer(folder.path() / "in/clip.mp4", 64, 48, 10);
    for (int i = 0; i < 20; ++i) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar(i * 10, 50, 50)));
    writer.close();
  }
  auto detector = left_cat();
  PredictOptions options;
  options.format = "overlay";
  options.frames.every = 5;
  auto report = predict(detector, {folder.path() / "in"}, folder.path() / "drawn", options, no_progress());
  REQUIRE(report.pictures == 5);  // one picture, frames 0, 5, 10, 15
  auto drawn = decode_image_file(folder.path() / "drawn/sub/a.png");
  REQUIRE(cv::norm(drawn, decode_image_file(folder.path() / "in/sub/a.png"), cv::NORM_INF) > 50);
  VideoReader video(folder.path() / "drawn/clip.mp4");
  int frames = 0;
  while (video.next()) ++frames;
  REQUIRE(frames == 4);
}

TEST_CASE("pictures of one name in several sources are told apart, in every format") {
  TemporaryFolder folder;
  const auto& in = folder.path();
  make_folders(in / "day1/front");
  make_folders(in / "day2/front");
  make_folders(in / "back");
  picture(in / "day1/front/1.png", 64);
  picture(in / "day2/front/1.png", 80);
  picture(in / "back/1.png", 96);
  REQUIRE(run_and_wait({"tar", "-cf", (in / "more.tar").string(), "-C", (in / "back").string(), "1.png"}) ==
          0);
  const std::vector<fs::path> sources = {in / "day1/front", in / "day2/front/", in / "back/1.png",
                                         in / "more.tar", in / "more.tar"};
  const std::vector<std::string> names = {"1.png", "day2/front/1.png", "back/1.png", "more/1.png",
                                          "more-2/1.png"};
  auto json = run_json(sources, in / "out.json");
  REQUIRE(files_of(json) == names);
  const std::vector<int> widths = {64, 80, 96, 96, 96};
  for (std::size_t i = 0; i < widths.size(); ++i) REQUIRE(json["images"][i]["width"] == widths[i]);

  auto detector = left_cat();
  auto run = [&](const char* format, const char* out) {
    PredictOptions options;
    options.format = format;
    predict(detector, sources, in / out, options, no_progress());
  };
  run("overlay", "drawn");
  for (std::size_t i = 0; i < names.size(); ++i)
    REQUIRE(decode_image_file(in / "drawn" / names[i]).cols == widths[i]);
  run("coco", "out.coco");
  auto coco = Json::parse(read_file(in / "out.coco"));
  for (std::size_t i = 0; i < names.size(); ++i) REQUIRE(coco["images"][i]["file_name"] == names[i]);
  run("csv", "out.csv");
  auto lines = split(trim(read_file(in / "out.csv")), '\n');
  for (std::size_t i = 0; i < names.size(); ++i) REQUIRE(lines.at(i + 1).starts_with(names[i] + ","));
}

TEST_CASE("drawings whose names become the same are told apart") {
  TemporaryFolder folder;
  make_folders(folder.path() / "a");
  make_folders(folder.path() / "b");
  for (const char* name : {"a/clip.mp4", "b/clip.mp4"}) {
    VideoWriter writer(folder.path() / name, 64, 48, 10);
    for (int i = 0; i < 3; ++i) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar(90, 50, 50)));
    writer.close();
  }
  fs::copy_file(folder.path() / "a/clip.mp4", folder.path() / "a/clip.avi");  // known by its bytes
  auto detector = left_cat();
  PredictOptions options;
  options.format = "overlay";
  auto report = predict(detector, {folder.path() / "a", folder.path() / "b"}, folder.path() / "drawn",
                        options, no_progress());
  REQUIRE(report.failed.empty());
  REQUIRE(report.pictures == 9);
  for (const char* name : {"clip.mp4", "clip-2.mp4", "b/clip.mp4"})
    REQUIRE(fs::exists(folder.path() / "drawn" / name));
}

TEST_CASE("frames of a video carry their time") {
  TemporaryFolder folder;
  VideoWriter writer(folder.path() / "clip.mp4", 64, 48, 10);
  for (int i = 0; i < 20; ++i) writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar(i * 10, 50, 50)));
  writer.close();
  auto detector = left_cat();
  PredictOptions options;
  options.frames.frames_per_second = 2;
  predict(detector, {folder.path() / "clip.mp4"}, folder.path() / "out.json", options, no_progress());
  auto json = Json::parse(read_file(folder.path() / "out.json"));
  // 20 frames at 10 a second, two a second: 0, 5, 10, 15.
  REQUIRE(files_of(json) ==
          std::vector<std::string>{"clip.mp4#0", "clip.mp4#5", "clip.mp4#10", "clip.mp4#15"});
  REQUIRE(json["images"][3]["time_s"].get<double>() == Approx(1.5));
}

TEST_CASE("pictures of an archive are read without unpacking it") {
  TemporaryFolder folder;
  make_folders(folder.path() / "in");
  picture(folder.path() / "in/a.png");
  picture(folder.path() / "in/b.png");
  REQUIRE(run_and_wait({"tar", "-czf", (folder.path() / "in.tar.gz").string(), "-C", folder.path().string(),
                        "in"}) == 0);
  auto files = files_of(run_json({folder.path() / "in.tar.gz"}, folder.path() / "out.json"));
  std::sort(files.begin(), files.end());
  REQUIRE(files == std::vector<std::string>{"in/a.png", "in/b.png"});
}

TEST_CASE("a file that cannot be read is reported and the others go on") {
  TemporaryFolder folder;
  make_folders(folder.path() / "in");
  picture(folder.path() / "in/a.png");
  write_file_atomically(folder.path() / "in/b.png", "not a picture");
  PredictReport report;
  auto json = run_json({folder.path() / "in"}, folder.path() / "out.json", &report);
  REQUIRE(files_of(json) == std::vector<std::string>{"a.png"});
  REQUIRE(report.failed.size() == 1);
  REQUIRE(report.failed[0].first == "b.png");
}

TEST_CASE("nothing that can be read is an error, and nothing is written") {
  TemporaryFolder folder;
  auto out = folder.path() / "out.json";
  auto bad = folder.path() / "bad.png";
  write_file_atomically(bad, "not a picture");
  REQUIRE_THROWS_AS(run_json({bad}, out), DataError);
  make_folders(folder.path() / "empty");
  REQUIRE_THROWS_WITH(run_json({folder.path() / "empty"}, out), "no pictures in the sources");
  auto missing = folder.path() / "missing.png";
  REQUIRE_THROWS_WITH(run_json({missing}, out), missing.string() + ": no such file or folder");
  auto text = folder.path() / "notes.txt";
  write_file_atomically(text, "x");
  REQUIRE_THROWS_WITH(run_json({text}, out),
                      text.string() + ": neither picture, video, archive nor folder by its name");
  REQUIRE_FALSE(fs::exists(out));
  REQUIRE_FALSE(fs::exists(out.string() + ".partial.jsonl"));
}

TEST_CASE("an interrupted run goes on where it stopped and ends the same") {
  TemporaryFolder folder;
  make_folders(folder.path() / "in");
  for (int i = 0; i < 10; ++i) picture(folder.path() / "in" / (std::to_string(i) + ".png"), 60 + i);
  auto whole = folder.path() / "whole.json";
  auto parts = folder.path() / "parts.json";
  run_json({folder.path() / "in"}, whole);
  auto detector = left_cat();
  PredictOptions options;
  options.batch = 2;
  StopAfter progress(4);
  REQUIRE_THROWS_AS(predict(detector, {folder.path() / "in"}, parts, options, progress), Interrupted);
  request_stop(0);
  REQUIRE_FALSE(fs::exists(parts));
  REQUIRE(fs::exists(parts.string() + ".partial.jsonl"));
  auto report = predict(detector, {folder.path() / "in"}, parts, options, no_progress());
  REQUIRE(report.resumed == 4);
  REQUIRE(report.pictures == 10);
  REQUIRE(read_file(parts) == read_file(whole));
  REQUIRE_FALSE(fs::exists(parts.string() + ".partial.jsonl"));
}

TEST_CASE("what another model has found is not taken over") {
  TemporaryFolder folder;
  make_folders(folder.path() / "in");
  for (int i = 0; i < 4; ++i) picture(folder.path() / "in" / (std::to_string(i) + ".png"));
  auto out = folder.path() / "out.json";
  auto cat = left_cat();
  PredictOptions options;
  options.batch = 1;
  StopAfter progress(2);
  REQUIRE_THROWS_AS(predict(cat, {folder.path() / "in"}, out, options, progress), Interrupted);
  request_stop(0);
  auto dog = load_detector(testing::source_folder() / "tests/data/models/right-dog");
  auto report = predict(dog, {folder.path() / "in"}, out, options, no_progress());
  REQUIRE(report.resumed == 0);
  auto json = Json::parse(read_file(out));
  for (const auto& image : json["images"]) REQUIRE(image["detections"][0]["class"] == "dog");
}

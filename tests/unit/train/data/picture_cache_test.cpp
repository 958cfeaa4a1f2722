#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <opencv2/core.hpp>

#include "data/picture_files.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/image_io.h"
#include "ds/train/train_set.h"

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;

std::vector<ds::PictureLevel> two_levels(int value) {
  auto level = [&](int columns, int rows, double step) {
    return ds::PictureLevel{std::make_shared<const cv::Mat>(rows, columns, CV_8UC3, cv::Scalar::all(value)),
                            {-1, 0, step, step}};
  };
  return {level(40, 30, 2), level(20, 15, 4)};
}

bool same(const std::vector<ds::PictureLevel>& a, const std::vector<ds::PictureLevel>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.grid == y.grid && x.pixels->size() == y.pixels->size() &&
           cv::norm(*x.pixels, *y.pixels, cv::NORM_INF) == 0;
  });
}

fs::path only_file_in(const fs::path& folder) {
  fs::path found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) {
      REQUIRE(found.empty());
      found = entry.path();
    }
  return found;
}

std::size_t files_in(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) count += entry.is_regular_file() ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("kept pictures come back with their pixels and places, in this process and the next") {
  ds::TemporaryFolder folder;
  ds::detail::PictureFiles files(folder.path(), 1'000'000);
  REQUIRE(files.load("abc").empty());
  files.store("abc", two_levels(7));
  files.store("abd", two_levels(9));
  REQUIRE(same(files.load("abc"), two_levels(7)));
  // 40 * 30 * 3 + 20 * 15 * 3 = 4500 bytes of pixels, and headers of 16 + 2 * 40
  REQUIRE(files.bytes() == 2 * (4500 + 96));
  ds::detail::PictureFiles again(folder.path(), 1'000'000);
  REQUIRE(again.bytes() == 2 * (4500 + 96));
  auto levels = again.load("abd");
  fs::remove_all(folder.path());
  REQUIRE(same(levels, two_levels(9)));  // what is in use stays whole
  REQUIRE(again.load("abd").empty());
}

TEST_CASE("a damaged or cut picture is thrown away") {
  ds::TemporaryFolder folder;
  ds::detail::PictureFiles(folder.path(), 1'000'000).store("abc", two_levels(7));
  auto file = only_file_in(folder.path());
  auto bytes = ds::read_file(file);
  auto damaged = bytes;
  damaged[2000] ^= 1;
  for (const auto& bad :
       {damaged, bytes.substr(0, 2000), std::string(bytes.size(), '\0'), std::string("x")}) {
    ds::write_file_atomically(file, bad);
    ds::detail::PictureFiles files(folder.path(), 1'000'000);
    REQUIRE(files.load("abc").empty());
    REQUIRE_FALSE(fs::exists(file));
    files.store("abc", two_levels(7));
    REQUIRE(same(files.load("abc"), two_levels(7)));
  }
}

TEST_CASE("what others left makes room; what this run uses does not") {
  ds::TemporaryFolder folder;
  const std::uint64_t each = 4500 + 96;
  {
    ds::detail::PictureFiles before(folder.path(), 3 * each);
    for (const char* name : {"aa1", "aa2", "aa3"}) before.store(name, two_levels(1));
    before.store("aa4", two_levels(1));  // no room: all are in use
    REQUIRE(before.load("aa4").empty());
  }
  ds::detail::PictureFiles files(folder.path(), 3 * each);
  REQUIRE(files.load("aa1").size() == 2);
  for (const char* name : {"bb1", "bb2", "bb3"}) files.store(name, two_levels(2));
  REQUIRE(files.bytes() == 3 * each);
  REQUIRE(files.load("aa1").size() == 2);
  REQUIRE(files.load("bb1").size() == 2);
  REQUIRE(files.load("bb2").size() == 2);
  REQUIRE(files.load("bb3").empty());
  REQUIRE(files_in(folder.path()) == 3);
}

TEST_CASE("a full disk keeps nothing more, and leaves nothing behind") {
  ds::TemporaryFolder folder;
  ds::detail::PictureFiles files(folder.path(), 1'000'000);
  files.store("abc", two_levels(7));
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  rlimit limit{2'000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  files.store("abd", two_levels(7));
  setrlimit(RLIMIT_FSIZE, &before);
  REQUIRE(files.load("abd").empty());
  REQUIRE(files_in(folder.path()) == 1);
  files.store("abd", two_levels(7));  // not tried again
  REQUIRE(files.load("abd").empty());
  REQUIRE(files.load("abc").size() == 2);
}

TEST_CASE("the sides that pictures are drawn at follow every scale of a run") {
  ds::TrainOptions options;
  // Built-in: mosaic 0.5 to 1.5, single 0.8 to 1.2, closing 0.9 to 1.1
  auto sides = ds::drawn_sides(options, {416, 320});
  REQUIRE(sides.smallest == 208);
  REQUIRE(sides.largest == 624);
  options.augment.mosaic = 0;
  sides = ds::drawn_sides(options, {416, 320});
  REQUIRE(sides.smallest == 332);  // 0.8 * 416 = 332.8
  REQUIRE(sides.largest == 500);   // 1.2 * 416 = 499.2
  options.multi_scale_min = 0.5;
  options.multi_scale_max = 1.5;
  sides = ds::drawn_sides(options, {416, 320});
  REQUIRE(sides.smallest == 166);  // 0.8 * 0.5 * 416 = 166.4
  REQUIRE(sides.largest == 749);   // 1.2 * 1.5 * 416 = 748.8
}

TEST_CASE("large JPEGs are decoded at a fraction, never below the largest side they are drawn at") {
  ds::TemporaryFolder folder;
  cv::Mat pixels(333, 1001, CV_8UC3, cv::Scalar(20, 40, 60));
  ds::write_image(folder.path() / "a.jpg", pixels);
  ds::write_image(folder.path() / "a.png", pixels);
  auto level_of = [&](const char* name, int largest) {
    ds::TrainImage image;
    image.name = name;
    image.file = folder.path() / name;
    image.width = 1001;
    image.height = 333;
    ds::PictureCache pictures({image}, {2000, largest}, {});
    return pictures.get(0)->levels.front();
  };
  REQUIRE(level_of("a.jpg", 501).pixels->cols == 1001);
  REQUIRE(level_of("a.jpg", 500).pixels->cols == 501);
  REQUIRE(level_of("a.jpg", 250).pixels->cols == 251);
  // 501 pixels of 2 reach over 1001; those of a PNG are averaged over the whole.
  REQUIRE(level_of("a.jpg", 500).grid == ds::PixelGrid{0, 0, 2, 2});
  REQUIRE(level_of("a.png", 500).grid == ds::PixelGrid{0, 0, 1001.0 / 501, 333.0 / 167});
}

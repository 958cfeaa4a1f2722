#include "ds/importing/contact_sheet.h"

#include <opencv2/core/mat.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/image_io.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// Ten images of which 3 and 7 have issues; 9 is unlabelled.
struct Example {
  Dataset dataset;
  std::vector<Issue> issues = {{"TINY_OBJECT", Severity::note, {.path = "img3.jpg"}, ""},
                               {"SPLIT_LEAK", Severity::error, {.path = "img7.jpg"}, ""}};
  Example() {
    dataset.classes = ClassList({"car", "dog"});
    for (int i = 0; i < 10; ++i) {
      Image image{
          .name = "img" + std::to_string(i) + ".jpg", .width = 64, .height = 48, .state = ImageState::done};
      image.annotations = {{.class_idx = i % 2, .shape = Box{8, 8, 40, 40}}};
      dataset.images.push_back(image);
    }
    dataset.images[9].annotations.clear();
    dataset.images[9].state = ImageState::unlabelled;
  }
  std::vector<std::size_t> choose(const SheetOptions& options) const {
    return choose_images(dataset, issues_of_images(dataset, issues), options);
  }
};

std::string grey_picture(std::size_t) {
  return encode_png(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(128)));
}

}  // namespace

TEST_CASE("images with issues come first, the rest evenly or by the seed") {
  const Example e;
  // The error, the note, then 0 1 2 4 5 6 8 at every 7/3rd place: 0, 2 and 4.
  REQUIRE(e.choose({.count = 5}) == std::vector<std::size_t>{7, 3, 0, 2, 5});
  REQUIRE(e.choose({.count = 1}) == std::vector<std::size_t>{7});
  // Unlabelled images have nothing to look at.
  REQUIRE(e.choose({.count = 100}) == std::vector<std::size_t>{7, 3, 0, 1, 2, 4, 5, 6, 8});
  const auto random = e.choose({.count = 5, .seed = 3});
  REQUIRE(random == e.choose({.count = 5, .seed = 3}));
  REQUIRE(random != e.choose({.count = 5, .seed = 4}));
  REQUIRE(random[0] == 7);
  REQUIRE(random[1] == 3);
  REQUIRE_THROWS_WITH(e.choose({.count = 0}), "count: a sheet needs an image at least");
  REQUIRE_THROWS_WITH(e.choose({.columns = 21}), "columns: 21 is not between 1 and 20");
}

TEST_CASE("all images are shown when none is labelled") {
  Example e;
  e.issues.clear();
  for (auto& image : e.dataset.images) {
    image.annotations.clear();
    image.state = ImageState::unlabelled;
  }
  REQUIRE(e.choose({.count = 2}) == std::vector<std::size_t>{0, 5});
}

TEST_CASE("an issue finds its image by name, object, label file, or not at all") {
  Dataset dataset;
  dataset.classes = ClassList({"car"});
  Image a{.name = "train/a.jpg"}, b{.name = "b.jpg"}, twin{.name = "val/a.png"};
  b.annotations = {{.shape = Box{0, 0, 1, 1}, .provenance = {"labels/all.json", "/annotations/3", "7"}}};
  dataset.images = {a, b, twin};
  const auto found = issues_of_images(
      dataset, {{"A", Severity::note, {.path = "train/a.jpg"}, ""},
                {"B", Severity::note, {.path = "data/labels/all.json", .pointer = "/annotations/3/bbox"}, ""},
                {"C", Severity::note, {.path = "data/labels/all.json", .pointer = "/annotations/33"}, ""},
                {"D", Severity::note, {.path = "Annotations/b.xml", .line = 4}, ""},
                {"E", Severity::note, {.path = "Annotations/a.xml", .line = 4}, ""}});
  auto codes = [&](std::size_t image) {
    std::string all;
    for (const auto& issue : found[image]) all += issue.code;
    return all;
  };
  REQUIRE(codes(0) == "A");
  REQUIRE(codes(1) == "BD");
  REQUIRE(codes(2).empty());  // two images are called a
}

TEST_CASE("sheets hold so many pictures each, with their labels in the colours of the classes") {
  const Example e;
  TemporaryFolder folder;
  const SheetOptions options{.count = 8, .columns = 3, .rows = 2, .cell_width = 96, .cell_height = 72};
  const auto report =
      write_contact_sheets(e.dataset, grey_picture, e.issues, folder.path() / "s", options, no_progress());
  REQUIRE(report.images == 8);
  REQUIRE(report.with_issues == 2);
  REQUIRE(report.files.size() == 2);
  const auto sheet = decode_image_file(report.files[0]);
  // 2 margins of 16, 3 cells of 96 with 12 between
  REQUIRE(sheet.cols == 2 * 16 + 3 * 96 + 2 * 12);
  REQUIRE(report.files[1].filename() == "sheet_02.jpg");
  REQUIRE(decode_image_file(report.files[1]).cols == sheet.cols);
  // The third cell is img0, 64x48 drawn as 96x72: its box's left edge lies 8 * 1.5 = 12 pixels inside the
  // cell, at row 36 of it, in the first colour of the palette; JPEG blurs it a little.
  const auto color = palette_color(0);
  const auto red = std::stoi(color.substr(1, 2), nullptr, 16),
             green = std::stoi(color.substr(3, 2), nullptr, 16);
  const auto pixel = sheet.at<cv::Vec3b>(16 + 34 + 36, 16 + 2 * 108 + 12);
  REQUIRE(std::abs(pixel[2] - red) < 60);
  REQUIRE(std::abs(pixel[1] - green) < 60);
  const auto bytes = read_file(report.files[0]);
  write_contact_sheets(e.dataset, grey_picture, e.issues, folder.path() / "s", options, no_progress());
  REQUIRE(read_file(report.files[0]) == bytes);
}

TEST_CASE("a picture that cannot be read leaves its cell, not the sheet") {
  const Example e;
  TemporaryFolder folder;
  const ImageFile broken = [](std::size_t index) {
    return index == 7 ? std::string("no picture") : grey_picture(index);
  };
  const auto report =
      write_contact_sheets(e.dataset, broken, e.issues, folder.path(), {.count = 4}, no_progress());
  REQUIRE(report.files.size() == 1);
  const auto each =
      write_overlays(e.dataset, broken, e.issues, folder.path() / "each", {.count = 4}, no_progress());
  REQUIRE(each.images == 3);
  REQUIRE(std::filesystem::exists(folder.path() / "each/img3.jpg"));
  REQUIRE_FALSE(std::filesystem::exists(folder.path() / "each/img7.jpg"));
}

TEST_CASE("every shape fits a small and a large picture") {
  Dataset dataset;
  dataset.classes = ClassList({"sch\xc3\xb6n", "sch\xc3\xbcn"});  // both become sch?n
  for (const int side : {20, 1500}) {
    const double s = side;
    Image image{
        .name = std::to_string(side) + ".png", .width = side, .height = side, .state = ImageState::done};
    RunLengthMask mask{.height = side, .width = side};
    mask.counts = {static_cast<std::uint32_t>(side), static_cast<std::uint32_t>(2 * side),
                   static_cast<std::uint32_t>(side * (side - 3))};
    const std::vector<Shape> shapes = {Box{0, 0, s, s},
                                       RotatedBox{s / 2, s / 2, s / 2, s / 4, 30},
                                       Polygon{{{{0, 0}, {s, 0}, {s / 2, s}}}},
                                       mask,
                                       KeyPoints{{{s / 3, s / 3}}, {2}, Box{0, 0, s / 2, s / 2}},
                                       Polyline{{{0, 0}, {s, s}}},
                                       Ellipse{s / 2, s / 2, s / 3, s / 4, 20}};
    for (const auto& shape : shapes) image.annotations.push_back({.class_idx = 1, .shape = shape});
    image.annotations[0].ignore = true;
    dataset.images.push_back(image);
  }
  TemporaryFolder folder;
  const auto report = write_contact_sheets(
      dataset,
      [&](std::size_t i) {
        const int side = dataset.images[i].width;
        return encode_jpeg(cv::Mat(side, side, CV_8UC3, cv::Scalar::all(200)));
      },
      {}, folder.path(), {.title = "All shapes"}, no_progress());
  REQUIRE(report.files.size() == 1);
  REQUIRE(decode_image_file(report.files[0]).rows > 300);
}

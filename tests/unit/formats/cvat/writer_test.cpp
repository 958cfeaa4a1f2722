// CVAT XML 1.1, written and read back.
#include <cstdio>
#include <utility>

#include "ds/formats/cvat/options.h"
#include "fixtures/sequence_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::sequence_testing;
namespace fs = std::filesystem;

const std::string kImagesOpen = "<annotations>\n<version>1.1</version>\n";

std::vector<std::string> names_read(const ReadResult& result) {
  std::vector<std::string> names;
  for (const auto& image : result.dataset.images) names.push_back(image.name);
  return names;
}

// All kinds of shapes, marks and attributes on images of 64x48.
Dataset full_dataset() {
  Dataset dataset;
  dataset.classes.add({.name = "car", .color = "#102030"});
  dataset.classes.add({.name = "body",
                       .color = "#405060",
                       .key_points = {"nose", "left hand", "foot"},
                       .skeleton = {{0, 1}, {1, 2}}});
  dataset.classes.add({.name = "a & b <c>"});
  Image image{.name = "deep/a.jpg", .width = 64, .height = 48, .raw_width = 64, .raw_height = 48};
  image.state = ImageState::done;
  image.split = Split::val;
  image.tags = {{2, true}, {0, true}};
  image.attributes = {{"a & b <c>.lamp", "on"}, {"task_id", "3"}};
  image.annotations = {
      {.class_idx = 0, .shape = Box{0, 0, 64, 48}},
      {.class_idx = 0, .shape = Box{0.1, 1.0 / 3, 10.7, 20.123456789012345}, .occluded = 0.0},
      {.class_idx = 0, .shape = RotatedBox{30.25, 20.5, 20.5, 9, 211.125}, .truncated = 0.25, .z = 3},
      {.class_idx = 2, .shape = Polygon{{{{1, 1}, {9.5, 1}, {9.5, 7}}}}, .crowd = true, .score = 0.1},
      {.class_idx = 2, .shape = RunLengthMask{48, 64, {0, 48, 100, 3, 2873, 48}}, .occluded = 3.0},
      {.class_idx = 2, .shape = RunLengthMask{48, 64, {196, 1, 47, 2, 2826}}, .ignore = true},
      {.class_idx = 2, .shape = RunLengthMask{48, 64, {0, 3072}}, .group_id = 4},
      {.class_idx = 1, .shape = KeyPoints{{{1, 2}, {5, 9}, {0, 0}}, {2, 1, 0}, {1, 2, 5, 9}}},
      {.class_idx = 0, .shape = KeyPoints{{{1, 2}, {5, 9}}, {2, 2}, {1, 2, 5, 9}}, .difficult = true},
      {.class_idx = 0, .shape = Polyline{{{1, 2}, {3, 4.5}}}, .track_id = 0},
      {.class_idx = 0, .shape = Ellipse{20, 10, 5, 2.5, 0}, .area = 12.5, .track_id = 77},
      {.class_idx = 0, .shape = Ellipse{20, 10, 5, 2.5, 350}, .attributes = {{"x y", "<&\">\n"}, {"z", ""}}},
      {.class_idx = 0, .shape = Box{5, 5, 5, 9}, .ignore = true}};
  dataset.images.push_back(image);
  dataset.images.push_back({.name = "b.jpg", .width = 64, .height = 48, .state = ImageState::done});
  dataset.images.push_back({.name = "c.jpg", .width = 64, .height = 48});
  return dataset;
}

}  // namespace

TEST_CASE("cvat: what is written as images reads back to the last bit") {
  FormatFixture data;
  auto dataset = full_dataset();
  std::vector<fs::path> files(3, data.picture());
  auto report = write_dataset(dataset, files, data.path("out"), "cvat", {.with_images = true});
  REQUIRE(report.losses.to_string() == "");
  auto read = read_dataset(data.path("out"), "auto");
  REQUIRE(count_of(read.issues, Severity::error) == 0);
  REQUIRE(read.dataset.images.size() == 3);
  for (int i = 0; i < 3; ++i) REQUIRE(read.dataset.classes[i] == ClassInfo(dataset.classes[i]));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& expected = dataset.images[i];
    const auto& found = read.dataset.images[i];
    REQUIRE(found.name == expected.name);
    REQUIRE(found.split == expected.split);
    REQUIRE(found.state == expected.state);
    REQUIRE(found.tags == expected.tags);
    REQUIRE(found.attributes == expected.attributes);
    REQUIRE(found.annotations.size() == expected.annotations.size());
    for (std::size_t k = 0; k < found.annotations.size(); ++k) {
      CAPTURE(i, k);
      REQUIRE(without_provenance(found.annotations[k]) == expected.annotations[k]);
    }
  }
}

TEST_CASE("cvat: masks in every place of the image read back") {
  FormatFixture data;
  auto dataset = full_dataset();
  dataset.images.resize(1);
  auto& annotations = dataset.images[0].annotations;
  annotations.clear();
  // Crops that touch no side, one side, two, three and all, with holes and without.
  for (int left : {0, 5, 60})
    for (int top : {0, 7, 44})
      for (int height : {4, 48 - top})
        for (int hole : {0, 1}) {
          RunLengthMask mask{48, 64, {}};
          std::vector<bool> pixels(64 * 48);
          for (int x = left; x < left + 4; ++x)
            for (int y = top; y < top + height; ++y)
              pixels[static_cast<std::size_t>(x * 48 + y)] = !(hole == 1 && x == left + 1 && y == top + 1);
          std::uint32_t run = 0;
          bool value = false;
          for (bool pixel : pixels) {
            if (pixel != value) mask.counts.push_back(std::exchange(run, 0));
            value = pixel;
            ++run;
          }
          mask.counts.push_back(run);
          annotations.push_back({.class_idx = 0, .shape = mask});
        }
  write_dataset(dataset, {data.picture()}, data.path("out"), "cvat", {.with_images = true});
  auto read = read_dataset(data.path("out"), "auto");
  REQUIRE(read.dataset.images[0].annotations.size() == 36);
  for (std::size_t k = 0; k < annotations.size(); ++k)
    REQUIRE(read.dataset.images[0].annotations[k].shape == annotations[k].shape);
}

TEST_CASE("cvat: a cuboid goes back as one, unless it was moved") {
  FormatFixture data;
  auto dataset = full_dataset();
  dataset.images.resize(1);
  Annotation cuboid{.class_idx = 0, .shape = Polygon{{{{0, 0}, {4, 0}, {4, 4}, {0, 4}}}}};
  cuboid.attributes["cuboid"] = "0 0 0 4 4 0 4 4 1 1 1 3 3 1 3 3";
  auto moved = cuboid;
  moved.shape = Polygon{{{{1, 0}, {4, 0}, {4, 4}, {0, 4}}}};
  dataset.images[0].annotations = {cuboid, moved};
  write_dataset(dataset, {data.picture()}, data.path("out"), "cvat", {.with_images = true});
  auto text = read_file(data.path("out/annotations.xml"));
  REQUIRE(text.find("<cuboid xtl1=\"0\" ytl1=\"0\" xbl1=\"0\" ybl1=\"4\" xtr1=\"4\"") != std::string::npos);
  auto read = read_dataset(data.path("out"), "auto");
  REQUIRE(without_provenance(read.dataset.images[0].annotations[0]) == cuboid);
  REQUIRE(without_provenance(read.dataset.images[0].annotations[1]) == moved);
}

TEST_CASE("cvat: what it cannot hold is counted") {
  FormatFixture data;
  auto dataset = full_dataset();
  dataset.images[0].tags.push_back({1, false});
  dataset.images[1].attributes = {{"camera", "north"}};
  dataset.images[2].annotations = {
      {.class_idx = 0, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}}, {{20, 20}, {30, 20}, {30, 30}}}}},
      {.class_idx = 0, .shape = KeyPoints{{{1, 2}}, {2}, {0, 0, 5, 9}}}};
  REQUIRE_THROWS_WITH(
      write_dataset(dataset, {}, data.path("out"), "cvat"),
      "cvat cannot hold everything: 1 absent-tag (left out), 1 image-attributes (lose them), 1 "
      "parts (become shapes of one group), 1 points (lose their own box)");
}

namespace {

Dataset video_dataset() {
  Dataset dataset;
  dataset.classes.add({.name = "car"});
  dataset.classes.add({.name = "body", .key_points = {"nose", "foot"}});
  for (int frame : {4, 6, 8, 12, 14}) {
    char name[40];
    std::snprintf(name, sizeof name, "clip/frame_%06d.jpg", frame);
    Image image{.name = name, .width = 64, .height = 48, .raw_width = 64, .raw_height = 48};
    image.group = "clip.mp4";
    image.split = Split::test;
    dataset.images.push_back(image);
  }
  auto add = [&](std::size_t image, Annotation annotation) {
    dataset.images[image].annotations.push_back(std::move(annotation));
    dataset.images[image].state = ImageState::done;
  };
  const std::map<std::string, std::string> key = {{"keyframe", "true"}, {"side", "left"}};
  add(0, {.class_idx = 0, .shape = Box{0.1, 0, 10.7, 10}, .track_id = 9, .attributes = key});
  add(0, {.class_idx = 1,
          .shape = KeyPoints{{{1, 2}, {3, 4}}, {2, 1}, {1, 2, 3, 4}},
          .track_id = 3,
          .group_id = 5,
          .attributes = {{"keyframe", "true"}}});
  add(1, {.class_idx = 0, .shape = Box{2, 0, 11, 10}, .occluded = 1.0, .track_id = 9, .attributes = key});
  // Track 9 is away in frame 8, and back in 12.
  add(3, {.class_idx = 0, .shape = RotatedBox{20, 20, 8, 4, 10}, .track_id = 9, .z = 1, .attributes = key});
  dataset.images[4].state = ImageState::done;  // a negative; frame 8 is unlabelled
  return dataset;
}

}  // namespace

TEST_CASE("cvat: a tracked video is written as tracks and reads back") {
  FormatFixture data;
  auto dataset = video_dataset();
  std::vector<fs::path> files(5, data.picture());
  auto report = write_dataset(dataset, files, data.path("out"), "cvat", {.with_images = true});
  REQUIRE(report.losses.to_string() == "");
  auto text = read_file(data.path("out/annotations.xml"));
  REQUIRE(text.find("<track id=\"9\"") != std::string::npos);
  REQUIRE(text.find("<frame_filter>step=2</frame_filter>") != std::string::npos);
  auto read = read_dataset(data.path("out"), "auto");
  REQUIRE(read.issues.empty());
  REQUIRE(names_read(read) == std::vector<std::string>{"clip/frame_000004.jpg", "clip/frame_000006.jpg",
                                                       "clip/frame_000008.jpg", "clip/frame_000012.jpg",
                                                       "clip/frame_000014.jpg"});
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    REQUIRE(read.dataset.images[i].group == "clip.mp4");
    REQUIRE(read.dataset.images[i].split == Split::test);
    REQUIRE(read.dataset.images[i].state == dataset.images[i].state);
    auto expected = dataset.images[i].annotations;
    REQUIRE(read.dataset.images[i].annotations.size() == expected.size());
    for (std::size_t k = 0; k < expected.size(); ++k)
      REQUIRE(without_provenance(read.dataset.images[i].annotations[k]) == expected[k]);
  }
}

TEST_CASE("cvat: which file is written, and what a video cannot hold") {
  FormatFixture data;
  auto dataset = video_dataset();
  auto kind_of = [&](const std::string& kind) {
    auto written = annotation_formats().at("cvat").value.write(dataset, {.own = CvatWriting{.kind = kind}});
    return std::pair(written.texts.at("annotations.xml").find("<track ") != std::string::npos,
                     written.losses.to_string());
  };
  REQUIRE(kind_of("auto") == std::pair(true, std::string()));
  REQUIRE(kind_of("images") == std::pair(false, std::string()));
  REQUIRE_THROWS_WITH(kind_of("tracks"), Catch::Contains("tracks") && Catch::Contains("auto, images, video"));
  dataset.images[0].annotations[0].track_id.reset();
  dataset.images[1].tags = {{0, true}};
  REQUIRE(kind_of("auto") == std::pair(false, std::string()));
  REQUIRE(kind_of("video") ==
          std::pair(true, std::string("1 tag (left out), 1 track (get a track of their own)")));
  dataset.images[2].group = "other.mp4";
  REQUIRE_THROWS_WITH(
      kind_of("video"),
      "no CVAT video file can be written: clip/frame_000004.jpg and clip/frame_000008.jpg are "
      "not of one group");
}

TEST_CASE("cvat: a file by CVAT comes back with the numbers it had") {
  FormatFixture data;
  data.image("images/a.jpg");
  data.write("annotations.xml", kImagesOpen + R"(<image id="0" name="a.jpg" width="64" height="48">
<box label="car" occluded="0" xtl="3.17" ytl="2.01" xbr="10.29" ybr="8.33" rotation="30.10"/></image></annotations>)");
  auto read = read_dataset(data.path(), "auto");
  auto text = annotation_formats().at("cvat").value.write(read.dataset, {}).texts.at("annotations.xml");
  REQUIRE(text.find("<box xtl=\"3.17\" ytl=\"2.01\" xbr=\"10.29\" ybr=\"8.33\" rotation=\"30.1\"") !=
          std::string::npos);
}

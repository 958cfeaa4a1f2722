// MOT Challenge, both ways.
#include "ds/formats/mot/options.h"
#include "fixtures/sequence_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::sequence_testing;
namespace fs = std::filesystem;
using Attributes = std::map<std::string, std::string>;

const std::string kInfo =
    "[Sequence]\nname=s\nimDir=img1\nframeRate=10\nseqLength=2\nimWidth=64\nimHeight=48\n";

// The first box of one row, read with the given base.
Box first_box(const std::string& rows, const std::string& base) {
  FormatFixture data;
  data.write("gt/gt.txt", rows);
  data.write("seqinfo.ini", kInfo);
  auto result = read_dataset(data.path(), "mot", {.own = MotReading{.base = base}});
  for (const auto& image : result.dataset.images)
    if (!image.annotations.empty()) return image.annotations[0].box();
  throw std::runtime_error("no box");
}

std::string base_message(const std::string& rows) {
  FormatFixture data;
  data.write("gt/gt.txt", rows);
  data.write("seqinfo.ini", kInfo);
  auto result = read_dataset(data.path(), "mot");
  for (const auto& issue : result.issues)
    if (issue.code == "MOT_BASE") return to_string(issue.severity) + " " + issue.message;
  return {};
}

}  // namespace

TEST_CASE("mot: the fixtures count frames and classes from 1 and boxes from 0") {
  if (shared_is_absent(kAssets + "mot_dataset")) return;
  for (const std::string folder : {"mot_seq", "mot_seq_with_seqinfo"}) {
    CAPTURE(folder);
    auto result = read_dataset(shared_folder() / (kAssets + "mot_dataset/" + folder), "auto");
    REQUIRE(result.format == "mot");
    REQUIRE(result.dataset.images.size() == 1);
    const auto& image = result.dataset.images[0];
    REQUIRE(image.name == "000001.jpg");
    REQUIRE(image.width == 16);
    REQUIRE(image.group == folder);
    REQUIRE(image.state == ImageState::done);
    REQUIRE(image.annotations.size() == 1);
    const auto& object = image.annotations[0];
    REQUIRE(object.box() == Box{0, 4, 4, 12});
    REQUIRE(result.dataset.classes[object.class_idx].name == "label_2");
    REQUIRE_FALSE(object.track_id.has_value());
    REQUIRE_FALSE(object.ignore);
    REQUIRE(object.attributes == Attributes{{"visibility", "1.0"}});
    REQUIRE(result.dataset.classes.size() == 10);
  }
}

TEST_CASE("mot: only its own folders are taken for it") {
  if (shared_is_absent(kAssets)) return;
  REQUIRE(folders_taken_for("mot") ==
          std::set<std::string>{"mot_dataset", "mot_dataset/mot_seq", "mot_dataset/mot_seq/gt",
                                "mot_dataset/mot_seq_with_seqinfo", "mot_dataset/mot_seq_with_seqinfo/gt"});
}

TEST_CASE("mot: what numbers count from, once for a dataset, with the evidence") {
  const std::string row = "1,-1,5,7,10,10,1,1,1\n";
  REQUIRE(first_box(row, "one") == Box{4, 6, 14, 16});
  REQUIRE(first_box(row, "zero") == Box{5, 7, 15, 17});
  REQUIRE(first_box(row, "auto") == Box{4, 6, 14, 16});
  REQUIRE(
      base_message(row) ==
      "warning frames count from 1, classes from 1, boxes from 1: of 1 rows 0 have frame 0, 0 class 0, 0 "
      "begin at 0 and 0 end one behind the image's edge; nothing proves it, read as motchallenge.net says. "
      "With --mot-base zero all boxes would lie one pixel further right and down");
  // 55 + 10 = 64 + 1
  REQUIRE(
      base_message(row + "2,-1,55,7,10,10,1,1,1\n") ==
      "note frames count from 1, classes from 1, boxes from 1: of 2 rows 0 have frame 0, 0 class 0, 0 begin "
      "at 0 and 1 end one behind the image's edge");
  REQUIRE(
      base_message(row + "2,-1,0,7,10,10,1,1,1\n") ==
      "note frames count from 1, classes from 1, boxes from 0: of 2 rows 0 have frame 0, 0 class 0, 1 begin "
      "at 0 and 0 end one behind the image's edge");
  // As X-AnyLabeling writes it.
  REQUIRE(
      base_message("0,1,5,7,10,10,1,0,1\n") ==
      "note frames count from 0, classes from 0, boxes from 0: of 1 rows 1 have frame 0, 1 class 0, 0 begin "
      "at 0 and 0 end one behind the image's edge");
  REQUIRE(first_box("0,1,5,7,10,10,1,0,1\n", "auto") == Box{5, 7, 15, 17});
  REQUIRE_THROWS_WITH(first_box(row, "two"), "unknown --mot-base 'two'; known: auto, one, zero");
}

TEST_CASE("mot: frames from 0 over pictures from 1, and pictures without numbers") {
  FormatFixture data;
  data.image("img1/000001.jpg");
  data.image("img1/000002.jpg");
  data.write("gt/gt.txt", "0,1,5,7,10,10,1,0,1\n1,1,6,7,10,10,1,0,1\n");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(image_named(result, "000001.jpg").annotations.at(0).box() == Box{5, 7, 15, 17});
  REQUIRE(image_named(result, "000002.jpg").annotations.at(0).box() == Box{6, 7, 16, 17});
  fs::rename(data.path("img1/000001.jpg"), data.path("img1/a.jpg"));
  fs::rename(data.path("img1/000002.jpg"), data.path("img1/b.jpg"));
  result = read_dataset(data.path(), "auto");
  REQUIRE(image_named(result, "b.jpg").annotations.at(0).box() == Box{6, 7, 16, 17});
}

TEST_CASE("mot: rows, their marks, and bad ones with their lines") {
  FormatFixture data;
  data.image("train/s/img1/000001.jpg");
  data.write("train/s/seqinfo.ini", kInfo + "noise\n");
  data.write("train/s/gt/gt.txt",
             "\xEF\xBB\xBF"
             "1, 7, 1, 1, 64, 48, 1, 1, 0.25\r\n"
             "1,-1,1.1,1,3,4,0,3,1,\n"
             "1,2,3,4\n"
             "1,2,x,4,5,6,1,1,1\n"
             "1.5,2,3,4,5,6,1,1,1\n"
             "-1,2,3,4,5,6,1,1,1\n"
             "1,3.0,3,4,5,6,0.5,99,1\n"
             "\n"
             "2,3.0,3,4,5,6,0.5\n"
             "2,4,3,4,5,6,1,-1,-1,-1\n");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(result.format == "mot");
  const std::string file = "train/s/gt/gt.txt";
  REQUIRE(result.issues[5].code == "MOT_BASE");
  result.issues.erase(result.issues.begin() + 5);
  REQUIRE(issue_texts(result, data.path()) ==
          std::vector<std::string>{
              "warning BAD_ROW train/s/seqinfo.ini:8: found 'noise', expected key = value; left out",
              "error BAD_ROW " + file +
                  ":3: found 4 columns, expected 6 to 10: frame, id, left, top, width, "
                  "height, confidence, class, visibility; left out",
              "error BAD_NUMBER " + file + ":4: left is 'x', not a finite number; left out",
              "error BAD_NUMBER " + file + ":5: frame is '1.5', not a whole number; left out",
              "error BAD_ROW " + file + ":6: frame is -1; left out",
              "error UNKNOWN_CLASS " + file + ":7: class 99 is none of the 13 of MOT Challenge; left out",
              "error MISSING_IMAGE train/s: 1 frames of s have no picture (first: frame 2)"});
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"pedestrian", "car"});
  const auto& image = image_named(result, "000001.jpg");
  REQUIRE(image.name == "train/s/000001.jpg");
  REQUIRE(image.split == Split::train);
  REQUIRE(image.group == "s");
  REQUIRE(image.time_s == 0.0);
  REQUIRE(image.annotations.size() == 2);
  REQUIRE(image.annotations[0].box() == Box{0, 0, 64, 48});
  REQUIRE(image.annotations[0].track_id == 7);
  REQUIRE(image.annotations[0].attributes == Attributes{{"visibility", "0.25"}});
  REQUIRE(image.annotations[1].ignore);
  REQUIRE(image.annotations[1].box() == Box{0.1, 0, 3.1, 4});
  const auto& second = image_named(result, "000002.jpg");
  REQUIRE(second.time_s == 0.1);
  REQUIRE(second.annotations.size() == 2);
  REQUIRE(second.annotations[0].score == 0.5);
  REQUIRE(second.annotations[1].attributes.empty());
}

TEST_CASE("mot: detections without truth are proposals; nothing at all; gt.txt alone") {
  FormatFixture data;
  REQUIRE_THROWS_WITH(read_dataset(data.path(), "mot"),
                      data.path().string() + ": no MOT sequence (gt/gt.txt or det/det.txt)");
  data.image("test/s/img1/000001.jpg");
  data.image("test/s/img1/000002.jpg");
  data.write("test/s/det/det.txt", "1,-1,2,3,10,10,0.9,-1,-1,-1\n");
  auto result = read_dataset(data.path(), "auto");
  const auto& image = image_named(result, "000001.jpg");
  REQUIRE(image.split == Split::test);
  REQUIRE(image.state == ImageState::unlabelled);
  REQUIRE(image.annotations.at(0).proposal);
  REQUIRE(image.annotations[0].score == 0.9);
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"pedestrian"});
  data.write("test/s/gt/gt.txt", "3,1,2,3,10,10,1,1,1\n");
  result = read_dataset(data.path("test/s/gt/gt.txt"), "auto");
  REQUIRE(image_named(result, "000002.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "000002.jpg").annotations.empty());
  // Frame 3 has no picture; its size is that of the others.
  REQUIRE(image_named(result, "000003.jpg").annotations.size() == 1);
  data.write("bare/gt/gt.txt", "3,1,2,3,10,10,1,1,1\n");
  result = read_dataset(data.path("bare"), "auto");
  REQUIRE(result.dataset.images.empty());
  REQUIRE(count_code(result, "UNKNOWN_IMAGE") == 1);
}

TEST_CASE("mot: what is written reads back") {
  FormatFixture data;
  Dataset dataset;
  for (auto* name : {"zebra", "car", "unused"}) dataset.classes.add({.name = name});
  auto add = [&](const std::string& name, const std::string& group, Split split, ImageState state) -> Image& {
    Image image{.name = name, .width = 64, .height = 48, .group = group, .split = split, .state = state};
    return dataset.images.emplace_back(std::move(image));
  };
  add("clip/frame_000012.jpg", "my clip.mp4", Split::train, ImageState::done).annotations = {
      {.class_idx = 1, .shape = Box{0, 0, 64, 48}, .track_id = 0, .attributes = {{"visibility", "1.0"}}},
      {.class_idx = 0, .shape = Box{0.1, 1.25, 20.3, 10}, .ignore = true},
      {.class_idx = 0, .shape = Box{3.7, 1, 20.123456, 10}, .score = 0.25, .track_id = 12},
      {.class_idx = 0, .shape = Box{5, 5, 5, 9}, .ignore = true}};
  add("clip/frame_000037.jpg", "my clip.mp4", Split::train, ImageState::unlabelled);
  add("clip/frame_000062.jpg", "my clip.mp4", Split::train, ImageState::done);
  add("lone.jpg", "", Split::none, ImageState::done).annotations = {
      {.class_idx = 2, .shape = Box{1, 2, 3, 4}}};
  dataset.images[0].time_s = 1.0;
  dataset.images[2].time_s = 3.0;
  std::vector<fs::path> files(4, data.picture());
  auto report = write_dataset(dataset, files, data.path("out"), "mot", {.with_images = true});
  REQUIRE(report.losses.to_string() == "");
  REQUIRE(read_file(data.path("out/train/my_clip.mp4/gt/gt.txt")) ==
          "1,0,1,1,64,48,1,2,1.0\n1,-1,1.1,2.25,20.2,8.75,0,1,-1\n1,12,4.7,2,16.423456,9,0.25,1,-1\n"
          "1,-1,6,6,0,4,0,1,-1\n");
  // 2 frames in 2 seconds
  REQUIRE(read_file(data.path("out/train/my_clip.mp4/seqinfo.ini")) ==
          "[Sequence]\nname=my_clip.mp4\nimDir=img1\nframeRate=1\nseqLength=3\nimWidth=64\nimHeight="
          "48\nimExt=.jpg"
          "\n\n[ds]\nbase=1\ngroup=my clip.mp4\nunlabelled=2\nname.1=clip/frame_000012.jpg\n"
          "name.2=clip/frame_000037.jpg\nname.3=clip/frame_000062.jpg\n");
  for (bool with_images : {true, false}) {
    CAPTURE(with_images);
    if (!with_images) write_dataset(dataset, files, data.path("out"), "mot");
    auto read = read_dataset(data.path("out"), "auto");
    REQUIRE(read.format == "mot");
    REQUIRE(read.dataset.classes.names() == dataset.classes.names());
    REQUIRE(read.dataset.images.size() == 4);
    for (const auto& expected : dataset.images) {
      const auto& found = image_named(read, expected.name);
      REQUIRE(found.name == expected.name);
      REQUIRE(found.state == expected.state);
      REQUIRE(found.split == expected.split);
      REQUIRE(found.group == expected.group);
      REQUIRE(found.annotations.size() == expected.annotations.size());
      for (std::size_t k = 0; k < found.annotations.size(); ++k)
        REQUIRE(without_provenance(found.annotations[k]) == expected.annotations[k]);
    }
  }
}

TEST_CASE("mot: what it cannot hold is counted") {
  FormatFixture data;
  Dataset dataset;
  dataset.classes.add({.name = "car"});
  Image image{.name = "a.jpg", .width = 64, .height = 48};
  image.tags = {{0, true}};
  image.annotations = {
      {.class_idx = 0, .shape = Ellipse{20, 10, 5, 2.5, 0}, .score = 1.0, .track_id = -4},
      {.class_idx = 0, .shape = Box{1, 1, 2, 2}, .difficult = true, .attributes = {{"visibility", "dim"}}}};
  dataset.images.push_back(image);
  REQUIRE_THROWS_WITH(write_dataset(dataset, {}, data.path("out"), "mot"),
                      "mot cannot hold everything: 1 attributes (lose them but for visibility), 1 difficult "
                      "(lose the mark), 1 ellipse (become their bounding box), 1 score (lose it: 0 and 1 are "
                      "marks), 1 tag (left out), 1 track (lose it: ids count from 0)");
}

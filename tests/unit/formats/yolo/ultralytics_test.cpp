// Ultralytics' rows of every task, read and written.
#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/proof.h"
#include "ds/formats/yolo/options.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
namespace fs = std::filesystem;

// One picture of 100x50, so that a share of the width is twice one of the height.
class Yolo {
 public:
  Yolo() {
    write_scene_images({.images = 1, .width = 100, .height = 50}, path("images/train"));
    fs::rename(path("images/train/scene_0000.jpg"), path("images/train/a.jpg"));
  }
  fs::path path(const std::string& name = {}) const {
    return name.empty() ? folder_.path() : folder_.path() / name;
  }
  ReadResult read(const std::string& rows, const std::string& yaml = "names: [cat]\n",
                  const ReadOptions& options = {}) {
    write_file_atomically(path("data.yaml"), "train: images/train\n" + yaml);
    write_file_atomically(path("labels/train/a.txt"), rows);
    return read_dataset(path(), "yolo", options);
  }
  Annotation one(const std::string& row, const std::string& yaml, const ReadOptions& options = {}) {
    auto result = read(row, yaml, options);
    REQUIRE(result.dataset.annotation_count() == 1);
    return result.dataset.images[0].annotations[0];
  }
  Dataset dataset(std::vector<Annotation> annotations) const {
    Dataset made;
    made.classes = ClassList({"cat", "dog"});
    made.images = {{.name = "a.jpg",
                    .width = 100,
                    .height = 50,
                    .split = Split::train,
                    .state = ImageState::done,
                    .annotations = std::move(annotations)}};
    return made;
  }
  WriteReport write(const Dataset& made, WriteOptions options = {}) {
    options.with_images = true;
    return write_dataset(made, {path("images/train/a.jpg")}, path("out"), "yolo", options);
  }
  Proof prove(const Dataset& made, const WriteReport& report) {
    return prove_dataset(made, path("out"), "yolo", report);
  }
  std::string rows() const { return read_file(path("out/labels/train/a.txt")); }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("UL-9: rotation is computed in pixels, and the first corner stays the first") {
  Yolo yolo;
  // In pixels (20,10) (40,10) (40,30) (20,30): a square of 20, though the shares are no square.
  auto square = yolo.one("0 0.2 0.2 0.4 0.2 0.4 0.6 0.2 0.6\n", "names: [cat]\ntask: obb\n");
  REQUIRE(square.shape == Shape(RotatedBox{30, 20, 20, 20, 0}));
  // The same square from its top-right corner: turned by a quarter, sides exchanged where they differ.
  auto turned = std::get<RotatedBox>(
      yolo.one("0 0.4 0.2 0.4 0.6 0.1 0.6 0.1 0.2\n", "names: [cat]\n", {.own = YoloReading{.task = "obb"}})
          .shape);
  REQUIRE(turned.angle_deg == Approx(90));
  REQUIRE(turned.width == Approx(20));
  REQUIRE(turned.height == Approx(30));
  REQUIRE(turned.corners()[0].x == Approx(40));
  REQUIRE(turned.corners()[0].y == Approx(10));
}

TEST_CASE("UL-9: corners that are no rectangle, or turn the other way, stay as they were drawn") {
  Yolo yolo;
  auto result = yolo.read(
      "0 0.2 0.2 0.4 0.2 0.4 0.6 0.3 0.6\n"
      "0 0.2 0.2 0.2 0.6 0.4 0.6 0.4 0.2\n"
      "0 -0.005 0.2 0.2 0.2 0.2 0.6 -0.005 0.6\n",
      "names: [cat]\ntask: obb\n");
  const auto& found = result.dataset.images[0].annotations;
  REQUIRE(kind_name(found[0].shape) == "polygon");
  REQUIRE(kind_name(found[1].shape) == "polygon");
  REQUIRE(kind_name(found[2].shape) == "rotated-box");
  REQUIRE(found[2].box().x0 == Approx(-0.5));
  // (20,10) + (40,30) - (40,10) - (30,30) = (-10, 0)
  REQUIRE(result.issues[0].message ==
          "the four corners are no rectangle (by 10.00 pixels); kept as an outline");
  REQUIRE(result.issues[1].message == "the corners run counter-clockwise; kept as an outline");
  auto report = yolo.write(result.dataset, {.allow_loss = {"polygon"}, .own = YoloWriting{.task = "obb"}});
  REQUIRE(yolo.rows() ==
          "0 0.2 0.2 0.4 0.2 0.4 0.6 0.3 0.6\n"
          "0 0.2 0.2 0.2 0.6 0.4 0.6 0.4 0.2\n"
          "0 -0.005 0.2 0.2 0.2 0.2 0.6 -0.005 0.6\n");
}

TEST_CASE("rotated boxes are written as corners and proven") {
  Yolo yolo;
  auto made = yolo.dataset({{.shape = RotatedBox{50, 25, 30, 10, 25}},
                            {.shape = RotatedBox{50, 25, 10, 30, 250}},
                            {.class_idx = 1, .shape = Box{0, 0, 100, 50}}});
  auto report = yolo.write(made);
  REQUIRE(report.losses.empty());
  REQUIRE(read_file(yolo.path("out/data.yaml")).find("task: obb\n") != std::string::npos);
  auto proof = yolo.prove(made, report);
  REQUIRE(proof.objects == 3);
  REQUIRE(proof.largest_error < 2e-4);
}

TEST_CASE("UL-11: pose rows with the points' names; what has none is padded with 0 0 0") {
  Yolo yolo;
  Dataset made = yolo.dataset({{.shape = KeyPoints{{{10, 20}, {30, 40}, {0, 0}}, {2, 1, 0}, {5, 5, 45, 45}}},
                               {.class_idx = 1, .shape = Box{10, 10, 20, 20}}});
  made.classes = ClassList();
  made.classes.add({.name = "person", .key_points = {"nose", "left eye", "right eye"}});
  made.classes.add({.name = "dog"});
  auto report = yolo.write(made);
  REQUIRE(report.losses.empty());
  REQUIRE(
      read_file(yolo.path("out/data.yaml")) ==
      "# Ultralytics YOLO dataset\npath: .\ntrain: images/train\ntask: pose\nkpt_shape: [3, 3]\n"
      "flip_idx: [0, 2, 1]\nnames:\n  0: person\n  1: dog\nkpt_names:\n  0: [nose, left eye, right eye]\n");
  // 25/100 25/50 40/100 40/50, then 10/100 20/50 and 30/100 40/50
  REQUIRE(yolo.rows() ==
          "0 0.25 0.5 0.4 0.8 0.1 0.4 2 0.3 0.8 1 0 0 0\n"
          "1 0.15 0.3 0.1 0.2 0 0 0 0 0 0 0 0 0\n");
  REQUIRE(yolo.prove(made, report).objects == 2);
}

TEST_CASE("UL-8: masks and ellipses become outlines, several rings are joined; each is named") {
  Yolo yolo;
  // columns 10 and 11, rows 5 to 7 of 50
  RunLengthMask mask{50, 100, {505, 3, 47, 3, 4442}};
  auto made = yolo.dataset({{.shape = mask},
                            {.shape = Polygon{{{{1, 1}, {9, 1}, {9, 9}}, {{20, 20}, {30, 20}, {30, 30}}}}},
                            {.shape = Ellipse{50, 25, 10, 5, 0}}});
  REQUIRE_THROWS_WITH(yolo.write(made),
                      "yolo cannot hold everything: 1 ellipse (become outlines), 1 mask (become outlines), 1 "
                      "parts (become one ring)");
  auto report = yolo.write(made, {.allow_loss = {"all"}});
  auto proof = yolo.prove(made, report);
  REQUIRE(proof.lost == std::map<std::string, std::size_t>{{"ellipse", 1}, {"mask", 1}, {"parts", 1}});
  // The second ring begins and ends where the first does.
  REQUIRE(yolo.rows().find("0 0.01 0.02 0.09 0.02 0.09 0.18 0.01 0.02 0.2 0.4 0.3 0.4 0.3 0.6 0.2 0.4\n") !=
          std::string::npos);
}

TEST_CASE("UL-10: outlines too far outside are cut at the edge, those just outside stay") {
  Yolo yolo;
  auto made = yolo.dataset({{.shape = Polygon{{{{-0.5, 10}, {50, 10}, {50, 40}}}}},
                            {.shape = Polygon{{{{-20, 0}, {20, 0}, {20, 40}, {-20, 40}}}}}});
  REQUIRE_THROWS_WITH(yolo.write(made),
                      "yolo cannot hold everything: 1 outside (cut at the image's edge: other tools would "
                      "drop all labels of the image)");
  auto report = yolo.write(made, {.allow_loss = {"outside"}});
  REQUIRE(yolo.rows() == "0 -0.005 0.2 0.5 0.2 0.5 0.8\n0 0 0 0.2 0 0.2 0.8 0 0.8\n");
  REQUIRE(yolo.prove(made, report).lost == std::map<std::string, std::size_t>{{"outside", 1}});
}

TEST_CASE("UL-7: nine numbers are an outline where the task says so, and rows of both kinds are kept") {
  Yolo yolo;
  auto square = "0 0.2 0.2 0.4 0.2 0.4 0.6 0.2 0.6\n";
  REQUIRE(kind_name(yolo.one(square, "names: [cat]\n", {.own = YoloReading{.task = "segment"}}).shape) ==
          "polygon");
  auto asked = yolo.read(square);
  REQUIRE(asked.issues[0].code == "AMBIGUOUS_ROW");
  auto mixed = yolo.read(std::string(square) + "0 0.5 0.5 0.1 0.1\n", "names: [cat]\ntask: segment\n");
  REQUIRE(mixed.dataset.annotation_count() == 2);
  REQUIRE(mixed.issues[0].code == "MIXED_ROWS");
}

TEST_CASE("UL-12: a cache that a trainer left does not outlive the labels it was made of") {
  Yolo yolo;
  auto made = yolo.dataset({{.shape = Box{10, 10, 20, 20}}});
  yolo.write(made);
  write_file_atomically(yolo.path("out/labels/train.cache"), "old");
  yolo.write(made);
  REQUIRE_FALSE(fs::exists(yolo.path("out/labels/train.cache")));
}

TEST_CASE("UL-13: unlabelled images are left out unless asked for, and then have no label file") {
  Yolo yolo;
  auto made = yolo.dataset({});
  made.images[0].state = ImageState::unlabelled;
  made.images.push_back(made.images[0]);
  made.images[1].name = "b.jpg";
  made.images[1].state = ImageState::done;
  std::vector<fs::path> files(2, yolo.path("images/train/a.jpg"));
  auto report = write_dataset(made, files, yolo.path("out"), "yolo", {.with_images = true});
  REQUIRE(report.image_files == 1);
  report = write_dataset(made, files, yolo.path("out"), "yolo",
                         {.with_images = true, .own = YoloWriting{.unlabelled = true}});
  REQUIRE(report.image_files == 2);
  REQUIRE_FALSE(fs::exists(yolo.path("out/labels/train/a.txt")));
  REQUIRE(read_file(yolo.path("out/labels/train/b.txt")).empty());
}

TEST_CASE("more decimals on request, never fewer than six") {
  Yolo yolo;
  auto made = yolo.dataset({{.shape = Box{0, 0, 100.0 / 3, 50}}});
  yolo.write(made, {.own = YoloWriting{.digits = 9}});
  // a third of the width: centre a sixth
  REQUIRE(yolo.rows() == "0 0.166666667 0.5 0.333333333 1\n");
  REQUIRE_THROWS_WITH(yolo.write(made, {.own = YoloWriting{.digits = 5}}),
                      "--yolo-digits is 5; it must be 6 to 15");
}

TEST_CASE("four corners are written unchanged, also partly outside, and cost nothing") {
  Yolo yolo;
  const std::string rows =
      "0 0.3 0.2 0.5 0.35 0.42 0.47 0.21 0.33\n"
      "0 0.338 0.984 0.188 1.057 0.111 0.898 0.268 0.828\n";
  auto outlines = yolo.read(rows, "names: [cat, dog]\n");
  auto report = yolo.write(outlines.dataset, {.own = YoloWriting{.task = "obb"}});
  REQUIRE(report.losses.empty());
  REQUIRE(yolo.rows() == rows);
  REQUIRE(yolo.prove(outlines.dataset, report).objects == 2);
  // Rectangles and other quadrangles together are corners, whoever asks.
  Yolo other;
  auto mixed = other.read(rows + "0 0.2 0.2 0.4 0.2 0.4 0.6 0.2 0.6\n", "names: [cat, dog]\ntask: obb\n");
  report = other.write(mixed.dataset);
  REQUIRE(report.losses.empty());
  REQUIRE(other.rows() == rows + "0 0.2 0.2 0.4 0.2 0.4 0.6 0.2 0.6\n");
}

TEST_CASE("an outline with another number of corners is none of a rotated box") {
  Yolo yolo;
  auto made = yolo.dataset({{.shape = Polygon{{{{10, 10}, {30, 10}, {30, 30}}}}}});
  REQUIRE(yolo.write(made, {.allow_loss = {"all"}, .own = YoloWriting{.task = "obb"}}).losses.to_string() ==
          "1 polygon (become their bounding box)");
}

TEST_CASE("labels lie where readers look for them: the last folder called images decides") {
  Yolo yolo;
  auto made = yolo.dataset({{.shape = Box{10, 10, 30, 30}}});
  made.images[0].name = "images/a.jpg";
  auto report = yolo.write(made);
  REQUIRE(report.losses.empty());
  REQUIRE(fs::exists(yolo.path("out/images/train/labels/a.txt")));
  REQUIRE(yolo.prove(made, report).objects == 1);
  REQUIRE(read_dataset(yolo.path("out"), "yolo").dataset.images[0].name == "train/images/a.jpg");
}

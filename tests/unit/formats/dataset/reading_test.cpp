// Traps of the formats, each with its place in the message.
#include <algorithm>

#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/coco/options.h"
#include "ds/formats/voc/options.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
namespace fs = std::filesystem;

// A folder that holds one picture of 64x48 as a.jpg (and whatever else is put there).
class Fixture {
 public:
  Fixture() {
    SceneOptions options{.images = 1, .width = 64, .height = 48};
    write_scene_images(options, folder_.path());
    fs::rename(path("scene_0000.jpg"), path("a.jpg"));
  }
  fs::path path(const std::string& name = {}) const {
    return name.empty() ? folder_.path() : folder_.path() / name;
  }
  void write(const std::string& name, const std::string& text) { write_file_atomically(path(name), text); }
  void image(const std::string& name) {
    make_folders(path(name).parent_path());
    fs::copy_file(path("a.jpg"), path(name));
  }

 private:
  TemporaryFolder folder_;
};

std::vector<std::string> texts(const ReadResult& result, const fs::path& root) {
  std::vector<std::string> all;
  for (const auto& issue : result.issues) {
    auto text = issue.to_string();
    for (std::size_t at; (at = text.find(root.string() + "/")) != std::string::npos;)
      text.erase(at, root.string().size() + 1);
    all.push_back(text);
  }
  return all;
}

std::string voc(const std::string& objects, const std::string& folder = "x") {
  return "<annotation>\n<folder>" + folder +
         "</folder>\n<filename>a.jpg</filename>\n<size><width>64</width><height>48</height></size>\n" +
         objects + "</annotation>\n";
}

std::string object(const std::string& name, const std::string& a, const std::string& b, const std::string& c,
                   const std::string& d) {
  return "<object><name>" + name + "</name>\n<bndbox><xmin>" + a + "</xmin><ymin>" + b + "</ymin><xmax>" + c +
         "</xmax><ymax>" + d + "</ymax></bndbox></object>\n";
}

}  // namespace

TEST_CASE("one bad VOC object does not discard its neighbours") {
  Fixture f;
  f.write("a.xml", voc(object("cat", "0", "1", "10", "12") + object("cat", "nan", "1", "5", "6") +
                       object("dog", "20", "5", "10", "9.5")));
  auto result = read_dataset(f.path(), "voc");
  REQUIRE(texts(result, f.path()) ==
          std::vector<std::string>{
              "error BAD_NUMBER a.xml:8: object 2 (cat): <xmin> is 'nan', not a finite number; left out",
              "note VOC_COORDS " + f.path().string() +
                  ": coordinates read as 'asis': 1 of 2 boxes begin below 1 (first: a.xml:6), so the numbers "
                  "count from 0",
              "warning INVERTED_BOX a.xml:10: dog box [20, 5, 10, 9.5] of a.jpg has its corners exchanged; "
              "read as [10, 5, 20, 9.5]"});
  REQUIRE(result.dataset.annotation_count() == 2);
  REQUIRE(result.dataset.images[0].annotations[1].box() == Box{10, 5, 20, 9.5});
}

TEST_CASE("VOC coordinates: three readings of 1 2 3 4") {
  Fixture f;
  f.write("a.xml", voc(object("cat", "1", "2", "3", "4")));
  auto box = [&](const std::string& policy) {
    return read_dataset(f.path(), "voc", {.own = VocReading{.coords = policy}})
        .dataset.images[0]
        .annotations[0]
        .box();
  };
  REQUIRE(box("devkit") == Box{0, 1, 3, 4});
  REQUIRE(box("asis") == Box{1, 2, 3, 4});
  REQUIRE(box("shift") == Box{0, 1, 2, 3});
  REQUIRE(box("auto") == Box{1, 2, 3, 4});
  REQUIRE_THROWS_WITH(box("voc"), "unknown --voc-coords 'voc'; known: auto, devkit, asis, shift");
}

TEST_CASE("VOC auto takes the devkit's reading when the data prove it") {
  Fixture f;
  f.write("a.xml", voc(object("cat", "1", "2", "64", "4"), "VOC2007"));
  auto result = read_dataset(f.path(), "voc");
  REQUIRE(result.dataset.images[0].annotations[0].box() == Box{0, 1, 64, 4});
}

TEST_CASE("broken XML is one issue with its line; the other files are read") {
  Fixture f;
  f.image("b.jpg");
  f.write("a.xml", voc(object("cat", "0", "1", "10", "12")));
  f.write("b.xml", "<annotation>\n<object>\n</annotation>\n");
  auto result = read_dataset(f.path(), "voc");
  REQUIRE(texts(result, f.path())[0] ==
          "error BAD_FILE b.xml:3: not valid XML: Start-end tags mismatch; the file is left out");
  REQUIRE(result.dataset.images.size() == 2);
  REQUIRE(result.dataset.annotation_count() == 1);
}

TEST_CASE("YOLO rows: every bad one is named with its line, mixed rows are kept") {
  Fixture f;
  f.image("images/train/p.jpg");
  fs::remove(f.path("a.jpg"));
  f.write("data.yaml", "train: images/train\nnames: {0: cat, 2: dog}\n");
  f.write("labels/train/p.txt",
          "0 0.5 0.5 0.25 0.5\r\n"
          "1 0.5 0.5 0.1 0.1\n"
          "2 0.5 0.5 inf 0.1\n"
          "2 0.5 0.5 0.1\n"
          "2\t0.1 0.1 0.5 0.1 5e-1 +0.5\n"
          "0 0.5 0.5 0.1 0.1 0.9\n"
          "0 0.5 0.5 0 0.1\n"
          "0 0.95 0.5 0.2 0.1");
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(
      texts(result, f.path()) ==
      std::vector<std::string>{
          "error UNKNOWN_CLASS labels/train/p.txt:2: found class 1, expected one of the 2 declared; left out",
          "error BAD_NUMBER labels/train/p.txt:3: found 'inf', expected a finite number; left out",
          "error BAD_ROW labels/train/p.txt:4: found 4 values, expected 5 (a box) or 7 and more (an "
          "outline); left out",
          "warning EXTRA_NUMBER labels/train/p.txt:6: a sixth value 0.9 behind the box: a score or a track, "
          "kept as attribute yolo.extra",
          "warning ZERO_SIZE_BOX labels/train/p.txt:7: cat box [32, 21.6, 32, 26.4] of "
          "train/p.jpg has no width",
          "warning BOX_OUTSIDE_IMAGE labels/train/p.txt:8: cat box [54.4, 21.6, 67.2, 26.4] "
          "reaches outside train/p.jpg (64x48)",
          "warning MIXED_ROWS labels/train/p.txt: 4 boxes and 1 outlines in one file; both are kept, other "
          "tools misread them"});
  const auto& annotations = result.dataset.images[0].annotations;
  REQUIRE(annotations.size() == 5);
  // centre .5 of 64x48, size .25 x .5: 24..40, 12..36
  REQUIRE(annotations[0].box() == Box{24, 12, 40, 36});
  REQUIRE(annotations[1].class_idx == 1);
  REQUIRE(kind_name(annotations[1].shape) == "polygon");
  REQUIRE(annotations[3].ignore);
  REQUIRE(result.dataset.images[0].split == Split::train);
}

TEST_CASE("YOLO states: no file is unlabelled, an empty file is a negative") {
  Fixture f;
  f.image("images/p.jpg");
  f.image("images/q.jpg");
  f.write("labels/q.txt", "");
  f.write("data.yaml", "train: images\nnames: [cat]\n");
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(result.dataset.images[0].state == ImageState::unlabelled);
  REQUIRE(result.dataset.images[1].state == ImageState::done);
}

TEST_CASE("the last images folder becomes labels, and x.y.jpg has x.y.txt") {
  Fixture f;
  f.image("a/images/b/images/x.y.jpg");
  f.write("a/images/b/labels/x.y.txt", "0 0.5 0.5 0.5 0.5\n");
  f.write("data.yaml", "train: a/images/b/images\nnames: [cat]\n");
  REQUIRE(read_dataset(f.path(), "auto").dataset.annotation_count() == 1);
}

TEST_CASE("data.yaml: nc against names, missing splits with what was tried, names kept as text") {
  Fixture f;
  f.image("images/p.jpg");
  fs::remove(f.path("a.jpg"));
  f.write("data.yaml", "train: images\nnc: 3\nnames: [cat, dog]\n");
  REQUIRE_THROWS_WITH(read_dataset(f.path(), "yolo"),
                      f.path("data.yaml").string() + ":2: nc is 3, names has 2 classes");
  f.write("data.yaml", "train: images\nval: ../valid/images\nnames: [no, 1]\n");
  auto result = read_dataset(f.path(), "yolo");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"no", "1"});
  auto parent = f.path().parent_path();
  REQUIRE(
      texts(result, f.path()) ==
      std::vector<std::string>{"error MISSING_SPLIT data.yaml:2: val: ../valid/images is not there; tried " +
                               (parent / "valid/images").string() + ", valid/images, val/images"});
}

TEST_CASE("labels drawn on the stored picture are reported, and turned on request") {
  // 64x48 as stored, orientation 6: shown as 48x64. A point (x, y) of the stored picture is shown at
  // (48 - y, x).
  Fixture f;
  auto jpeg = read_file(f.path("a.jpg"));
  const char exif[] =
      "\xFF\xE1\x00\x22"
      "Exif\0\0"
      "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
  f.write("a.jpg", jpeg.substr(0, 2) + std::string(exif, sizeof exif - 1) + jpeg.substr(2));
  f.write("a.xml", voc(object("cat", "0", "10", "20", "40")));
  auto shown = read_dataset(f.path(), "voc");
  REQUIRE(shown.dataset.images[0].width == 48);
  REQUIRE(texts(shown, f.path())[1] ==
          "warning EXIF_FRAME_MISMATCH a.xml:4: a.jpg is declared as 64x48, which is the stored picture; "
          "shown it is 48x64 (EXIF "
          "orientation 6): read with --labels-frame raw if the boxes were drawn on the stored picture");
  auto turned = read_dataset(f.path(), "voc", {.labels_frame = "raw"});
  // x: 48 - 40 .. 48 - 10, y: 0 .. 20
  REQUIRE(turned.dataset.images[0].annotations[0].box() == Box{8, 0, 38, 20});
  REQUIRE(turned.issues.size() == 1);
  f.write("classes.txt", "cat\n");
  // centre .5 .25, size .5 .25 of 64x48: 16..48, 6..18
  f.write("a.txt", "0 0.5 0.25 0.5 0.25\n");
  auto yolo = read_dataset(f.path(), "darknet", {.labels_frame = "raw"});
  REQUIRE(yolo.dataset.images[0].annotations[0].box() == Box{30, 16, 42, 48});
  REQUIRE(yolo.dataset.images[0].width == 48);
}

TEST_CASE("an empty line between class names would shift ids") {
  Fixture f;
  f.write("classes.txt", "cat\n\ndog\n\n");
  REQUIRE_THROWS_WITH(
      read_dataset(f.path(), "darknet"),
      f.path("classes.txt").string() +
          ":2: found an empty line between class names: it would shift the ids of those below");
}

TEST_CASE("COCO: unknown ids, bad outlines and odd flags are located; the rest is used") {
  Fixture f;
  f.write("x.json", R"({"images":[{"id":7,"file_name":"a.jpg","width":64,"height":48},
      {"id":8,"file_name":"gone.jpg","width":64,"height":48}],
    "categories":[{"id":90,"name":"dog"},{"id":2,"name":"cat"}],
    "annotations":[
      {"id":0,"image_id":7,"category_id":90,"bbox":[1,2,3,4],"iscrowd":"false","area":12},
      {"id":1,"image_id":9,"category_id":90,"bbox":[1,2,3,4]},
      {"id":2,"image_id":"7","category_id":3,"bbox":[1,2,3,4]},
      {"id":3,"image_id":7.0,"category_id":2,"bbox":[1,2,3,4],"segmentation":[[1,2,3]],"area":20},
      {"id":4,"image_id":7,"category_id":2,"bbox":[1,2,"x",4]},
      {"id":5,"image_id":7,"category_id":2,"bbox":[10,10,10,10],"attributes":{"rotation":30.0,"occluded":true,"colour":"red"}}]})");
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"cat", "dog"});
  REQUIRE(texts(result, f.path()) ==
          std::vector<std::string>{
              "error MISSING_IMAGE x.json: /images/1/file_name: 'gone.jpg' is not there",
              "error UNKNOWN_IMAGE x.json: /annotations/1/image_id: no image has the id 9; left out",
              "error UNKNOWN_CLASS x.json: /annotations/2/category_id: no category has the id 3; left out",
              "error BAD_SEGMENTATION x.json: /annotations/3/segmentation: an outline needs an even count of "
              "at least 6 numbers, "
              "found 3; the box is used",
              "warning AREA_MISMATCH x.json: /annotations/3/area: declared 20, the shape's is 12",
              "error BAD_NUMBER x.json: /annotations/4/bbox: found no box of four finite numbers and no "
              "outline; left out"});
  const auto& annotations = result.dataset.images[0].annotations;
  REQUIRE(annotations.size() == 3);
  REQUIRE_FALSE(annotations[0].crowd);
  REQUIRE(annotations[1].area == 20.0);
  REQUIRE(std::get<RotatedBox>(annotations[2].shape) == RotatedBox{15, 15, 10, 10, 30});
  REQUIRE(annotations[2].occluded == 1.0);
  REQUIRE(annotations[2].attributes == std::map<std::string, std::string>{{"colour", "red"}});
}

TEST_CASE("COCO: masks that do not sum, masks of another size, key points not in threes") {
  Fixture f;
  f.write(
      "x.json",
      R"({"images":[{"id":1,"file_name":"a.jpg","width":64,"height":48}],"categories":[{"id":1,"name":"cat"}],
    "annotations":[
      {"id":1,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"segmentation":{"size":[48,64],"counts":[5,5]}},
      {"id":2,"image_id":1,"category_id":1,"segmentation":{"size":[10,20],"counts":"<37000n4"}},
      {"id":3,"image_id":1,"category_id":1,"bbox":[1,2,3,4],"keypoints":[1,2,2,3]}]})");
  auto result = read_dataset(f.path("x.json"), "coco");
  REQUIRE(texts(result, f.path()) ==
          std::vector<std::string>{
              // 48 * 64
              "error BAD_SEGMENTATION x.json: /annotations/0/segmentation: the mask's runs sum to 10, its "
              "size 48x64 needs 3072; "
              "the box is used",
              "warning SIZE_MISMATCH x.json: /annotations/1/segmentation: the mask is 20x10, a.jpg is 64x48",
              "error BAD_ROW x.json: /annotations/2/keypoints: 4 values are not x, y, visibility in threes; "
              "the box is used"});
  REQUIRE(result.dataset.annotation_count() == 3);
}

TEST_CASE("COCO: broken JSON, duplicate categories, duplicate images") {
  Fixture f;
  f.write("x.json", "{\"images\": [],\n \"annotations\": [}");
  REQUIRE_THROWS_WITH(read_dataset(f.path("x.json"), "coco"),
                      Catch::Matchers::StartsWith(f.path("x.json").string() + ":2:18: not valid JSON: "));
  f.write("x.json",
          R"({"images":[],"annotations":[],"categories":[{"id":1,"name":"a"},{"id":2,"name":"a"}]})");
  REQUIRE_THROWS_WITH(read_dataset(f.path("x.json"), "coco"),
                      f.path("x.json").string() + ": /categories/1: 'a' is also the name of /categories/0");
  f.write(
      "x.json",
      R"({"images":[{"id":1,"file_name":"a.jpg"},{"id":2,"file_name":"a.jpg"}],"categories":[{"id":1,"name":"a"}],
    "annotations":[{"image_id":2,"category_id":1,"bbox":[1,1,2,2]}]})");
  REQUIRE(read_dataset(f.path("x.json"), "coco").dataset.annotation_count() == 0);
  REQUIRE(read_dataset(f.path("x.json"), "coco", {.own = CocoReading{.merge_duplicates = true}})
              .dataset.annotation_count() == 1);
}

TEST_CASE("nothing recognised, several recognised, unknown format") {
  Fixture f;
  REQUIRE_FALSE(detect_format(f.path()));
  REQUIRE_THROWS_WITH(read_dataset(f.path(), "auto"), f.path().string() +
                                                          ": no annotation format is recognised (known: " +
                                                          join(annotation_formats().names(), ", ") + ")");
  REQUIRE_THROWS_WITH(read_dataset(f.path(), "yollo"), "unknown annotation format 'yollo'; known: " +
                                                           join(annotation_formats().names(), ", "));
  f.write("a.xml", voc(""));
  f.write("data.yaml", "train: .\nnames: [cat]\n");
  REQUIRE_THROWS_WITH(detect_format(f.path()),
                      Catch::Matchers::Contains("looks like several formats: voc ("));
}

TEST_CASE("a JSON number that no double can hold is refused with its file") {
  Fixture f;
  f.write("x.json", R"({"images":[],"annotations":[],"categories":[],"info":{"version":1e999}})");
  REQUIRE_THROWS_WITH(read_dataset(f.path("x.json"), "coco"),
                      f.path("x.json").string() + ": not usable JSON: number overflow parsing '1e999'");
}

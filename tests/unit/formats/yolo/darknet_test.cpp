// YOLO darknet's rules one by one.
#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/yolo/options.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
namespace fs = std::filesystem;

// Two pictures of 100x50 in obj_train_data/, as LabelImg and CVAT lay them out.
class Darknet {
 public:
  Darknet() {
    write_scene_images({.images = 2, .width = 100, .height = 50}, path("obj_train_data"));
    fs::rename(path("obj_train_data/scene_0000.jpg"), path("obj_train_data/a.jpg"));
    fs::rename(path("obj_train_data/scene_0001.jpg"), path("obj_train_data/b.jpg"));
    write("obj.names", "cat\ndog\n\n");
    write("obj.data", "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n");
    write("train.txt", "data/obj_train_data/a.jpg\ndata\\obj_train_data\\b.jpg\n");
    write("obj_train_data/a.txt", "");
  }
  fs::path path(const std::string& name = {}) const {
    return name.empty() ? folder_.path() : folder_.path() / name;
  }
  void write(const std::string& name, const std::string& text) { write_file_atomically(path(name), text); }
  ReadResult read() { return read_dataset(path(), "darknet"); }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("YD-1: centre and size as shares of the sides, without any offset of pixels") {
  Darknet d;
  d.write("obj_train_data/a.txt", "1 0.5 0.5 0.2 0.4\n");
  // 50 -+ 10 of 100, 25 -+ 10 of 50
  auto box = d.read().dataset.images[0].annotations[0].box();
  REQUIRE(box.x0 == Approx(40));
  REQUIRE(box.y0 == Approx(15));
  REQUIRE(box.x1 == Approx(60));
  REQUIRE(box.y1 == Approx(35));
}

TEST_CASE("YD-2: paths were relative to darknet's folder; backslashes are paths too") {
  Darknet d;
  auto result = d.read();
  REQUIRE(result.issues.empty());
  REQUIRE(result.dataset.images.size() == 2);
  REQUIRE(result.dataset.images[1].split == Split::train);
  d.write("obj.data", "classes = 3\ntrain = data/train.txt\nnames = data/obj.names\n");
  REQUIRE_THROWS_WITH(d.read(), d.path("obj.data").string() + ":1: classes is 3, " +
                                    d.path("obj.names").string() + " has 2 names");
}

TEST_CASE("YD-3: an empty line between names is refused, those at the end are not") {
  Darknet d;
  REQUIRE(d.read().dataset.classes.names() == std::vector<std::string>{"cat", "dog"});
  d.write("obj.names", "cat\n\ndog\n");
  REQUIRE_THROWS_WITH(d.read(), d.path("obj.names").string() +
                                    ":2: found an empty line between class names: it would shift the ids of "
                                    "those below");
}

TEST_CASE("YD-4: no label file is unlabelled, an empty one a negative; unknown classes are located") {
  Darknet d;
  auto result = d.read();
  REQUIRE(result.dataset.images[0].state == ImageState::done);
  REQUIRE(result.dataset.images[1].state == ImageState::unlabelled);
  d.write("obj_train_data/b.txt", "2 0.5 0.5 0.2 0.4\n1 0.5 0.5 0.2 0.4\n");
  result = d.read();
  REQUIRE(result.dataset.annotation_count() == 1);
  REQUIRE(result.issues[0].code == "UNKNOWN_CLASS");
  REQUIRE(result.issues[0].location.line == 1);
}

TEST_CASE("YD-5: six decimals, nine on request, and no number of pixels is rounded") {
  Darknet d;
  Dataset dataset;
  dataset.classes = ClassList({"cat"});
  dataset.images = {{.name = "a.jpg", .width = 4000, .height = 3000, .split = Split::train}};
  dataset.images[0].annotations = {{.shape = Box{1, 0, 1334, 3000}}};
  write_dataset(dataset, {}, d.path("out"), "darknet");
  // (1 + 1334) / 2 / 4000 and 1333 / 4000
  REQUIRE(read_file(d.path("out/obj_data/a.txt")) == "0 0.166875 0.5 0.33325 1\n");
  dataset.images[0].annotations = {{.shape = Box{0, 0, 4000.0 / 3, 3000}}};
  write_dataset(dataset, {}, d.path("out"), "darknet", {.own = YoloWriting{.digits = 9}});
  REQUIRE(read_file(d.path("out/obj_data/a.txt")) == "0 0.166666667 0.5 0.333333333 1\n");
}

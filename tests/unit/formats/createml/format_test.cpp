// CreateML: the anchor is decided for a whole dataset, with evidence.
#include "ds/formats/createml/options.h"
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct Lists {
  TemporaryFolder folder;
  explicit Lists(const std::string& text) {
    write_scene_images({.images = 1, .width = 80, .height = 60}, path("in"));
    fs::create_directories(path("set/train"));
    for (const char* name : {"a.jpg", "b.jpg", "c.jpg"})
      fs::copy(path("in/scene_0000.jpg"), path("set/train") / name);
    write_file_atomically(path("set/train/_annotations.createml.json"), text);
  }
  fs::path path(const std::string& name) const { return folder.path() / name; }
  ReadResult read(const std::string& anchor = "auto") const {
    return read_dataset(path("set"), "createml", {.own = CreatemlReading{.anchor = anchor}});
  }
};

std::string box(double x, double y, double w, double h) {
  return R"({"label": "cat", "coordinates": {"x": )" + std::to_string(x) + ", \"y\": " + std::to_string(y) +
         ", \"width\": " + std::to_string(w) + ", \"height\": " + std::to_string(h) + "}}";
}

}  // namespace

TEST_CASE("createml: roboflow's fixture holds corners, which its boxes prove") {
  if (assets_are_absent()) return;
  auto result = read_dataset(asset("roboflow_dataset/createml"), "auto");
  REQUIRE(result.format == "createml");
  REQUIRE(result.dataset.classes.names() == Names{"label_0", "label_1"});
  REQUIRE(result.dataset.images.size() == 3);
  REQUIRE(objects_of(result, "train_001.jpg") == std::vector<Object>{{"label_0", {2, 1, 3, 1}}});
  REQUIRE(objects_of(result, "train_002.jpg") == std::vector<Object>{{"label_1", {0, 0, 2, 4}}});
  REQUIRE(objects_of(result, "val_001.jpg") ==
          std::vector<Object>{{"label_0", {0, 0, 1, 2}}, {"label_1", {0, 0, 9, 1}}});
  REQUIRE(image_named(result, "train_001.jpg").split == Split::train);
  REQUIRE(image_named(result, "val_001.jpg").split == Split::val);
  // about their centres: 0 0 2 4 begins at -1 -2, 0 0 9 1 at -4.5 -0.5; 0 0 1 2 begins at -0.5 -1, which
  // rounding may explain
  REQUIRE(issue_texts(result) == Names{"note CREATEML_ANCHOR createml: x and y read as the box's top-left "
                                       "corner: 2 of 4 boxes would reach "
                                       "outside their images as centres (first: "
                                       "train/_annotations.createml.json: /1/annotations/0), none as "
                                       "corners"});
}

TEST_CASE("createml is not seen in other formats' folders") {
  if (assets_are_absent()) return;
  REQUIRE(false_alarms("createml", {"roboflow_dataset"}).empty());
}

TEST_CASE("createml: centres by default; one file never decides for itself") {
  // 40 30 80 60 is the whole image about its centre, and reaches outside as a corner
  Lists lists(R"([{"image": "a.jpg", "annotations": [)" + box(40, 30, 80, 60) + R"(]},
                  {"image": "b.jpg", "annotations": []}])");
  auto result = lists.read();
  REQUIRE(objects_of(result, "a.jpg") == std::vector<Object>{{"cat", {0, 0, 80, 60}}});
  REQUIRE(image_named(result, "b.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "c.jpg").state == ImageState::unlabelled);
  REQUIRE(image_named(result, "c.jpg").split == Split::train);
  REQUIRE(issue_texts(result) ==
          Names{"note CREATEML_ANCHOR set: x and y read as the box's centre: CreateML's default; "
                "1 of 1 boxes would reach outside their images as corners"});
  // the other split's boxes would be corners alone
  write_file_atomically(lists.path("set/train/_annotations.createml.json"),
                        R"([{"image": "a.jpg", "annotations": [)" + box(40, 30, 80, 60) + R"(]},
                            {"image": "b.jpg", "annotations": [)" +
                            box(0, 0, 20, 20) + "," + box(1, 1, 20, 20) + "]}]");
  result = lists.read();
  REQUIRE(objects_of(result, "b.jpg")[0] == Object{"cat", {-10, -10, 20, 20}});
  REQUIRE(issue_texts(result)[0] ==
          "warning CREATEML_ANCHOR set: x and y read as the box's centre: CreateML's default, although 2 of "
          "3 boxes "
          "reach outside their images so, and 1 as corners: --createml-anchor topleft reads them as corners");
  result = lists.read("topleft");
  REQUIRE(objects_of(result, "b.jpg")[0] == Object{"cat", {0, 0, 20, 20}});
  REQUIRE(issue_texts(result)[0] ==
          "note CREATEML_ANCHOR set: x and y read as the box's top-left corner: as asked for");
  REQUIRE_THROWS_WITH(lists.read("middle"),
                      "unknown --createml-anchor 'middle'; known: auto, center, topleft");
}

TEST_CASE("createml: older keys, bad objects with their pointer") {
  Lists lists(R"([{"imagefilename": "a.jpg", "annotation": [
      {"label": "cat", "coordinates": {"x": "10", "y": 10, "width": 4, "height": 4}},
      {"label": "cat", "coordinates": {"x": 10, "y": 10, "width": 4}},
      {"coordinates": {"x": 20, "y": 20, "width": 4, "height": 4}}]},
      {"annotation": []}, {"imagefilename": "gone.jpg", "annotation": []}])");
  auto result = lists.read();
  REQUIRE(objects_of(result, "a.jpg") ==
          std::vector<Object>{{"cat", {8, 8, 4, 4}}, {"(no label)", {18, 18, 4, 4}}});
  auto texts = issue_texts(result);
  texts.pop_back();
  REQUIRE(texts.size() >= 4);
  REQUIRE(
      std::vector<std::string>(texts.begin(), texts.begin() + 4) ==
      Names{
          "error BAD_NUMBER _annotations.createml.json: /0/annotation/1: coordinates has no finite height; "
          "the "
          "object is left out",
          "warning EMPTY_LABEL _annotations.createml.json: /0/annotation/2: the object has no label; kept as "
          "class (no label)",
          "error BAD_ROW _annotations.createml.json: /1: no image is named; the entry is left out",
          "error MISSING_IMAGE _annotations.createml.json: /2: 'gone.jpg' is not there"});
}

TEST_CASE("createml: what is written reads back, even when its boxes look like corners") {
  TemporaryFolder folder;
  auto dataset =
      write_scene_images({.images = 3, .width = 80, .height = 60, .negative_share = 0}, folder.path() / "in");
  std::vector<fs::path> files;
  for (const auto& image : dataset.images) files.push_back(folder.path() / "in" / image.name);
  dataset.images[0].split = Split::test;
  // only outside about its centre
  dataset.images[0].annotations = {{.class_idx = 2, .shape = Box{-10, -10, 10, 10}}};
  dataset.images[1].annotations = {{.class_idx = 0, .shape = Box{0.1, 0.2, 20.3, 30.7}}};
  dataset.images[2].annotations.clear();
  auto report = write_dataset(dataset, files, folder.path() / "out", "createml", {.with_images = true});
  REQUIRE(report.losses.empty());
  auto read = read_dataset(folder.path() / "out", "auto");
  REQUIRE(read.format == "createml");
  REQUIRE(read.dataset.classes.names() == dataset.classes.names());
  REQUIRE(objects_of(read, dataset.images[0].name)[0].second == std::vector<double>{-10, -10, 20, 20});
  auto same = image_named(read, dataset.images[1].name).annotations.at(0).box();
  REQUIRE(same.x0 == Approx(0.1).margin(1e-12));
  REQUIRE(same.y1 == Approx(30.7).margin(1e-12));
  REQUIRE(image_named(read, dataset.images[0].name).split == Split::test);
  REQUIRE(image_named(read, dataset.images[2].name).state == ImageState::done);
  dataset.images[0].annotations[0].crowd = true;
  dataset.images[0].annotations[0].attributes = {{"colour", "red"}};
  REQUIRE_THROWS_WITH(
      write_dataset(dataset, files, folder.path() / "other", "createml"),
      "createml cannot hold everything: 1 attributes (lose them), 1 crowd (become ordinary objects)");
}

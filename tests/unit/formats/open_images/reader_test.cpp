// Open Images CSV: tables, the tri-state marks, masks, verified image labels.
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

const std::string kBoxHeader =
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,"
    "IsInside\n";

// One picture of 80 x 60 in images/train/a.jpg and tables beside it.
struct Tables {
  TemporaryFolder folder;
  Tables() {
    write_scene_images({.images = 1, .width = 80, .height = 60}, path("in"));
    fs::create_directories(path("set/images/train"));
    fs::copy(path("in/scene_0000.jpg"), path("set/images/train/a.jpg"));
    add("class-descriptions.csv", "/m/1,Cat\n/m/2,Dog\n");
  }
  fs::path path(const std::string& name) const { return folder.path() / name; }
  void add(const std::string& name, const std::string& text) const {
    write_file_atomically(path("set/annotations/" + name), text);
  }
  ReadResult read(const ReadOptions& options = {}) const {
    return read_dataset(path("set"), "open-images", options);
  }
};

Dataset written_dataset(const fs::path& folder, std::vector<fs::path>& files) {
  auto dataset = write_scene_images({.images = 3, .width = 80, .height = 60, .negative_share = 0}, folder);
  for (const auto& image : dataset.images) files.push_back(folder / image.name);
  dataset.images[0].split = Split::train;
  dataset.images[1].split = Split::val;
  return dataset;
}

}  // namespace

TEST_CASE("open-images v6: 4 images, 4 image labels of which one absent, 2 boxes, one with a mask") {
  if (assets_are_absent()) return;
  auto result = read_dataset(asset("open_images_dataset/v6"), "auto");
  REQUIRE(result.format == "open-images");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"Generic label #0", "Generic label #1",
                                                                     "Generic label #2", "Generic label #3"});
  REQUIRE(result.dataset.images.size() == 4);
  REQUIRE(result.dataset.annotation_count() == 2);
  // images/<subset>/ is no part of a name
  REQUIRE(image_named(result, "a.jpg").tags == std::vector<ImageTag>{{0, true}});
  REQUIRE(image_named(result, "b.jpg").tags == std::vector<ImageTag>{{0, false}});
  REQUIRE(image_named(result, "c.jpg").tags == std::vector<ImageTag>{{1, true}, {3, true}});
  REQUIRE(image_named(result, "a.jpg").split == Split::train);
  REQUIRE(image_named(result, "c.jpg").split == Split::test);
  REQUIRE(image_named(result, "d.png").split == Split::val);
  REQUIRE(image_named(result, "a.jpg").state == ImageState::unlabelled);
  REQUIRE(image_named(result, "b.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "a.jpg").attributes ==
          std::map<std::string, std::string>{{"Author", "Intel"}, {"Title", "Test Image A"}});

  // c is 5 x 10; XMin 0.7, XMax 0.8, YMin 0, YMax 0.5
  const auto& box = image_named(result, "c.jpg").annotations.at(0);
  REQUIRE(result.dataset.classes[box.class_idx].name == "Generic label #3");
  REQUIRE(box.box().x0 == Approx(3.5));
  REQUIRE(box.box().x1 == Approx(4));
  REQUIRE(box.box().y0 == 0);
  REQUIRE(box.box().y1 == Approx(5));
  REQUIRE(box.occluded == 1);
  REQUIRE(box.truncated == 0);
  REQUIRE(box.crowd);
  REQUIRE(box.score == 0.7);
  REQUIRE(box.attributes == std::map<std::string, std::string>{{"Source", "xclick"},
                                                               {"is_depiction", "false"},
                                                               {"is_inside", "false"},
                                                               {"open_images.label", "/m/3"}});
  const auto& masked = image_named(result, "b.jpg").annotations.at(0);
  REQUIRE(kind_name(masked.shape) == "mask");
  REQUIRE_FALSE(masked.occluded);
  REQUIRE_FALSE(masked.truncated);
  REQUIRE(masked.attributes == std::map<std::string, std::string>{{"PredictedIoU", "0.5"},
                                                                  {"Source", "xclick"},
                                                                  {"is_group_of", "unknown"},
                                                                  {"open_images.label", "/m/0"}});
  REQUIRE(count_of(result.issues, Severity::error) == 0);
  auto texts = issue_texts(result);
  REQUIRE(std::count(texts.begin(), texts.end(),
                     "warning BAD_ROW image_ids_and_rotation.csv:5: 11 cells under 12 headers") == 1);
  REQUIRE(
      std::count(result.notes.begin(), result.notes.end(),
                 "bbox_labels_600_hierarchy.json is not read: classes stand beside each other, none above "
                 "another") == 1);
}

TEST_CASE("open-images v5: class descriptions without a header") {
  if (assets_are_absent()) return;
  auto result = read_dataset(asset("open_images_dataset/v5"), "auto");
  REQUIRE(result.format == "open-images");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"Generic label #0", "Generic label #1"});
  REQUIRE(result.dataset.images.size() == 2);
  REQUIRE(image_named(result, "cc.jpg").split == Split::test);
}

TEST_CASE("open-images is not seen in other formats' folders") {
  if (assets_are_absent()) return;
  REQUIRE(false_alarms("open-images", {"open_images_dataset"}).empty());
}

TEST_CASE(
    "open-images: XMin, XMax, YMin, YMax in this order; a full-image box is exact; unknown marks stay so") {
  Tables tables;
  tables.add("train-annotations-bbox.csv", kBoxHeader +
                                               "a,xclick,/m/2,1,0,1,0,1,0,1,0,-1,-1\n"
                                               "a,xclick,/m/1,1,0.25,0.5,0.1,0.9,-1,-1,-1,1,0\n");
  auto result = tables.read();
  REQUIRE(objects_of(result, "a.jpg")[0] == Object{"Dog", {0, 0, 80, 60}});
  // 0.25 * 80, 0.1 * 60, (0.5 - 0.25) * 80, (0.9 - 0.1) * 60
  REQUIRE(objects_of(result, "a.jpg")[1] == Object{"Cat", {20, 6, 20, 48}});
  const auto& all = image_named(result, "a.jpg").annotations;
  REQUIRE(all[0].occluded == 0);
  REQUIRE(all[0].truncated == 1);
  REQUIRE_FALSE(all[0].attributes.contains("is_depiction"));
  REQUIRE_FALSE(all[1].occluded);
  REQUIRE_FALSE(all[1].crowd);
  REQUIRE(all[1].attributes.at("is_group_of") == "unknown");
  REQUIRE(all[1].attributes.at("is_depiction") == "true");
  REQUIRE(all[1].attributes.at("is_inside") == "false");
  REQUIRE(result.issues.empty());
}

TEST_CASE("open-images: bad rows are named with their line and leave their neighbours alone") {
  Tables tables;
  tables.add("train-annotations-bbox.csv", kBoxHeader +
                                               "a,x,/m/1,1,0,0.5,0,0.5,0,0,0,0,0\n"
                                               "a,x,/m/1,1,zero,0.5,0,0.5,0,0,0,0,0\n"
                                               "a,x,/m/1,1,0,0.5,0,nan,0,0,0,0,0\n"
                                               "a,x,/m/1,1,0,0.5,0\n"
                                               "a,x,,1,0,0.5,0,0.5,0,0,0,0,0\n"
                                               "gone,x,/m/1,1,0,0.5,0,0.5,0,0,0,0,0\n"
                                               "lost,x,/m/1,1,0,0.5,0,0.5,0,0,0,0,0\n"
                                               "a,x,/m/9,1,0,0.5,0,0.5,2,0,0,0,0\n"
                                               "a,x,/m/2,1,+5e-1,1.0,0,0.5,0,0,0,0,0\r\n");
  tables.add("train-annotations-human-imagelabels.csv",
             "ImageID,Source,LabelName,Confidence\na,v,/m/1,1\na,v,/m/1,0\na,machine,/m/2,0.7\na,machine,/m/"
             "2,0.6\n");
  auto result = tables.read();
  using Objects = std::vector<Object>;
  REQUIRE(objects_of(result, "a.jpg") ==
          Objects{{"Cat", {0, 0, 40, 30}}, {"/m/9", {0, 0, 40, 30}}, {"Dog", {40, 0, 40, 30}}});
  REQUIRE(image_named(result, "a.jpg").tags == std::vector<ImageTag>{{0, true}});
  REQUIRE(
      issue_texts(result) ==
      std::vector<std::string>{
          "error BAD_NUMBER train-annotations-bbox.csv:3: XMin is 'zero'; the object is left out",
          "error BAD_NUMBER train-annotations-bbox.csv:4: YMax is 'nan'; the object is left out",
          "warning BAD_ROW train-annotations-bbox.csv:5: 7 cells under 13 headers",
          "error BAD_NUMBER train-annotations-bbox.csv:5: YMax is ''; the object is left out",
          "error BAD_ROW train-annotations-bbox.csv:6: no ImageID or no LabelName; the row is left out",
          "warning UNKNOWN_CLASS train-annotations-bbox.csv:9: '/m/9' is in no class description; it keeps "
          "this "
          "name",
          "warning BAD_NUMBER train-annotations-bbox.csv:9: IsOccluded is '2', neither 0, 1 nor -1; read as "
          "unknown",
          "error MISSING_IMAGE train-annotations-bbox.csv:7: 'gone' is not there; 2 rows of this table "
          "belong "
          "to images that are not",
          "warning TAG_CONFLICT train-annotations-human-imagelabels.csv:3: Cat is said to be present on "
          "a.jpg, "
          "and not to be; the first counts",
          "warning UNSURE_TAG train-annotations-human-imagelabels.csv:4: confidence 0.7 is neither 0 nor 1: "
          "a "
          "model's guess that nobody verified; 2 labels are left out"});
}

TEST_CASE("open-images: the picture of the table's own subset is meant; rotation and licences are kept") {
  Tables tables;
  fs::create_directories(tables.path("set/images/validation"));
  fs::copy(tables.path("in/scene_0000.jpg"), tables.path("set/images/validation/a.jpg"));
  tables.add("validation-annotations-bbox.csv", kBoxHeader + "a,x,/m/1,1,0,1,0,1,0,0,0,0,0\n");
  tables.add("images.csv", "ImageID,Subset,License,Rotation\na,validation,CC BY,90\na,train,,0\n");
  auto result = tables.read();
  REQUIRE(result.dataset.images.size() == 2);
  for (const auto& image : result.dataset.images) {
    bool val = image.split == Split::val;
    REQUIRE(image.annotations.size() == (val ? 1 : 0));
    REQUIRE(image.attributes ==
            (val ? std::map<std::string, std::string>{{"License", "CC BY"}, {"Rotation", "90"}}
                 : std::map<std::string, std::string>{}));
  }
}

TEST_CASE("open-images: masks of any size are scaled and find their box; one without a box is an object") {
  Tables tables;
  std::vector<fs::path> files;
  auto dataset = written_dataset(tables.path("two"), files);
  for (auto& image : dataset.images) image.annotations.clear();
  // a mask picture of 8 x 6 whose columns 2 to 5, rows 1 to 3 are inside: 2 * 6 + 1 = 13 zeros, then 3 ones
  // and 3 zeros a column, 2 + 2 * 6 = 14 zeros to the end
  dataset.images[0].width = 8;
  dataset.images[0].height = 6;
  dataset.images[0].annotations = {
      {.class_idx = 0, .shape = RunLengthMask{6, 8, {13, 3, 3, 3, 3, 3, 3, 3, 14}}}};
  write_dataset(dataset, files, tables.path("written"), "open-images", {});
  fs::create_directories(tables.path("set/masks/train"));
  fs::copy(tables.path("written/masks/train/00000000_000.png"), tables.path("set/masks/train/m.png"));
  tables.add("train-annotations-bbox.csv", kBoxHeader +
                                               "a,x,/m/1,1,0,1,0,1,0,0,0,0,0\n"
                                               "a,x,/m/1,1,0.25,0.75,0.16667,0.66667,0,0,1,0,0\n");
  tables.add("train-annotations-object-segmentation.csv",
             "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks\n"
             "m.png,a,/m/1,b,0.25,0.75,0.166667,0.666667,,\n"
             "m.png,a,/m/2,b,0.25,0.75,0.166667,0.666667,,\n"
             "n.png,a,/m/1,b,0,1,0,1,,\n");
  auto result = tables.read();
  const auto& all = image_named(result, "a.jpg").annotations;
  REQUIRE(all.size() == 3);
  REQUIRE(all[0].box() == Box{0, 0, 80, 60});
  // ten times as large
  REQUIRE(kind_name(all[1].shape) == "mask");
  REQUIRE(all[1].box() == Box{20, 10, 60, 40});
  REQUIRE(area_of(all[1].shape) == 40 * 30);
  REQUIRE(all[1].crowd);
  REQUIRE(result.dataset.classes[all[2].class_idx].name == "Dog");
  REQUIRE(all[2].box() == Box{20, 10, 60, 40});
  REQUIRE(
      issue_texts(result) ==
      std::vector<std::string>{
          "warning UNMATCHED_MASK train-annotations-object-segmentation.csv:3: no box of this image has the "
          "mask's class and numbers; it becomes an object of its own",
          "error BAD_SEGMENTATION train-annotations-object-segmentation.csv:4: mask 'n.png' is not there; "
          "the box is used"});
}

TEST_CASE("open-images: clicks are not read, which is said once with their count") {
  Tables tables;
  tables.add("train-annotations-bbox.csv",
             "ImageID,LabelName,Confidence,XMin,XMax,YMin,YMax,XClick1X,XClick1Y\n"
             "a,/m/1,1,0,1,0,1,,\n"
             "a,/m/1,1,0,0.5,0,0.5,0.25,0\n"
             "a,/m/2,1,0,0.5,0,0.25,0.5,0.1\n");
  auto result = tables.read();
  REQUIRE(result.notes ==
          std::vector<std::string>{
              "2 rows with the clicks that made a box or a mask (columns XClick1X ..., Clicks): "
              "they are not read"});
  const auto& all = image_named(result, "a.jpg").annotations;
  REQUIRE(all.size() == 3);
  REQUIRE(all[1].attributes.count("XClick1X") == 0);
}

TEST_CASE("open-images: what is written reads back: marks, masks, tags, attributes, machine ids, negatives") {
  TemporaryFolder folder;
  std::vector<fs::path> files;
  auto dataset = written_dataset(folder.path() / "in", files);
  auto& first = dataset.images[0];
  first.attributes = {{"License", "CC BY"}, {"weather", "rain, \"light\""}};
  first.tags = {{0, true}, {2, false}};
  first.annotations = {
      {.class_idx = 0, .shape = Box{0, 0, 80, 60}, .crowd = true, .occluded = 1.0},
      {.class_idx = 1,
       .shape = Box{-3.3, 1.1, 9.9, 70},
       .truncated = 0.0,
       .score = 0.25,
       .attributes = {{"is_inside", "true"}, {"open_images.label", "/m/77"}, {"plate", "007"}}},
      {.class_idx = 2, .shape = RunLengthMask{60, 80, {130, 7, 4663}}}};
  dataset.images[2].annotations.clear();
  auto report = write_dataset(dataset, files, folder.path() / "out", "open-images", {.with_images = true});
  REQUIRE(report.losses.empty());
  auto read = read_dataset(folder.path() / "out", "auto");
  REQUIRE(read.dataset.classes.names() == dataset.classes.names());
  const auto& same = image_named(read, first.name);
  REQUIRE(same.split == Split::train);
  REQUIRE(same.attributes == first.attributes);
  REQUIRE(same.tags == first.tags);
  REQUIRE(same.annotations[0].shape == first.annotations[0].shape);
  REQUIRE(same.annotations[0].crowd);
  REQUIRE(same.annotations[0].occluded == 1);
  REQUIRE_FALSE(same.annotations[0].truncated);
  REQUIRE(same.annotations[1].box().x0 == Approx(-3.3).margin(1e-12));
  REQUIRE(same.annotations[1].score == 0.25);
  REQUIRE(same.annotations[1].attributes == first.annotations[1].attributes);
  REQUIRE(same.annotations[2].shape == first.annotations[2].shape);
  REQUIRE(image_named(read, dataset.images[1].name).split == Split::val);
  REQUIRE(image_named(read, dataset.images[2].name).state == ImageState::done);
  REQUIRE(image_named(read, dataset.images[2].name).split == Split::none);
  REQUIRE(count_of(read.issues, Severity::error) == 0);
}

TEST_CASE("open-images: what its tables cannot say is counted") {
  TemporaryFolder folder;
  std::vector<fs::path> files;
  auto dataset = written_dataset(folder.path() / "in", files);
  dataset.images[0].attributes = {{"Subset", "x"}, {"empty", ""}};
  dataset.images[0].annotations = {
      {.class_idx = 0, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}}}}, .occluded = 0.5, .score = 1.0},
      {.class_idx = 0, .shape = Box{1, 1, 5, 5}, .difficult = true, .attributes = {{"is_inside", "maybe"}}}};
  REQUIRE_THROWS_WITH(
      write_dataset(dataset, files, folder.path() / "out", "open-images"),
      "open-images cannot hold everything: 1 attributes (lose them), 1 difficult (lose the mark), "
      "1 image-attributes (lose them), 1 occluded (become yes or no), 1 polygon (become their "
      "bounding box), 1 score (lose it)");
}

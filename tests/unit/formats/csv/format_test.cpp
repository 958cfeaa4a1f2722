// Plain CSV: headers decide, rows without a header, negatives, what is written.
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// Pictures a.jpg and b.jpg of 80 x 60 and a table beside them.
struct Table {
  TemporaryFolder folder;
  explicit Table(const std::string& text) {
    write_scene_images({.images = 1, .width = 80, .height = 60}, path("in"));
    fs::create_directories(path("set/images"));
    for (const char* name : {"a.jpg", "b.jpg"})
      fs::copy(path("in/scene_0000.jpg"), path("set/images") / name);
    write_file_atomically(path("set/boxes.csv"), text);
  }
  fs::path path(const std::string& name) const { return folder.path() / name; }
  ReadResult read() const { return read_dataset(path("set"), "csv"); }
  bool is_csv() const {
    return annotation_formats().at("csv").value.detect(detail::SourcePeek(path("set"))).has_value();
  }
};

}  // namespace

TEST_CASE("csv: the headers alone say what the numbers are") {
  // every one is the box 20 15 .. 60 45 of 80 x 60
  const std::vector<std::string> tables = {
      "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,80,60,cat,20,15,60,45\n",
      "image,xmax,xmin,ymax,ymin,label,extra\na.jpg,60,20,45,15,cat,\n",
      "\xEF\xBB\xBFimage_name;label_name;x1;y1;x2;y2\r\na.jpg;cat;+20;1.5e1;60;45\r\n",
      "path\tcategory\tleft\ttop\tright\tbottom\nimages/a.jpg\tcat\t20\t15\t60\t45\n",
      "file,name,x,y,w,h\nC:\\photos\\a.jpg,cat,20,15,40,30\n",
      "file,name,x,y,width,height,image_width,image_height\na.jpg,cat,20,15,40,30,80,60\n",
      "image_name,label_name,x1,y1,w,h\na,cat,20,15,40,30\n",
      "image_id,class,x_center,y_center,w,h\na.jpg,cat,40,30,40,30\n",
      "image,class,x_center_norm,y_center_norm,w_norm,h_norm\na.jpg,cat,0.5,0.5,0.5,0.5\n",
      "image,class,xmin_rel,ymin_rel,xmax_rel,ymax_rel\na.jpg,cat,0.25,0.25,0.75,0.75\n",
      "images/a.jpg,20,15,60,45,cat\nimages/b.jpg,,,,,\n"};
  for (const auto& text : tables) {
    CAPTURE(text);
    Table table(text);
    REQUIRE(table.is_csv());
    auto result = table.read();
    REQUIRE(result.issues.empty());
    REQUIRE(result.dataset.images.size() == 2);
    REQUIRE(objects_of(result, "a.jpg") == std::vector<Object>{{"cat", {20, 15, 40, 30}}});
  }
}

TEST_CASE("csv: tables without a file, a class or a whole box are none") {
  for (const std::string text :
       {"image,class\na.jpg,cat\n", "image,xmin,ymin,xmax,ymax\na.jpg,1,2,3,4\n",
        "image,class,xmin,ymin\na.jpg,cat,1,2\n", "class,xmin,ymin,xmax,ymax\ncat,1,2,3,4\n",
        "video0,000000,0,0,4,4,0,0\n", "a.jpg,1,2,3,4,cat\nb.jpg,1,2,3\n", "a.jpg,1,2,3,4,\n",
        "5,1,1,1,1,1\n", ""}) {
    CAPTURE(text);
    Table table(text);
    REQUIRE_FALSE(table.is_csv());
    REQUIRE_THROWS_WITH(table.read(),
                        table.path("set").string() +
                            ": no table of boxes (.csv with columns such as filename, xmin, ymin, "
                            "xmax, ymax, class)");
  }
}

TEST_CASE("csv is not seen in other formats' folders") {
  if (assets_are_absent()) return;
  // Kaggle's detection tables are plain CSV.
  REQUIRE(false_alarms("csv", {"kaggle_dataset"}).empty());
  auto kaggle = read_dataset(asset("kaggle_dataset/image_csv_det/ann.csv"), "auto");
  REQUIRE(kaggle.format == "csv");
}

TEST_CASE("csv: negatives, bad rows with their line, marks, other columns as attributes") {
  Table table(
      "filename,class,xmin,ymin,xmax,ymax,split,Difficult,score,colour\n"
      "a.jpg,cat,1,2,3,4,train,1,0.5,\"dark, red\"\n"
      "a.jpg,cat,one,2,3,4,train,,,\n"
      "a.jpg,dog,1,2,3,inf,train,,,\n"
      ",dog,1,2,3,4,train,,,\n"
      "a.jpg,dog,5,6,7,8\n"
      "gone.jpg,dog,1,2,3,4,val,,,\n"
      "gone.jpg,dog,1,2,3,4,val,,,\n"
      "b.jpg,,,,,,val,,,\n"
      "a.jpg,,1,1,2,2,train,,,\n");
  auto result = table.read();
  REQUIRE(objects_of(result, "a.jpg") ==
          std::vector<Object>{{"cat", {1, 2, 2, 2}}, {"dog", {5, 6, 2, 2}}, {"(no label)", {1, 1, 1, 1}}});
  const auto& first = image_named(result, "a.jpg").annotations[0];
  REQUIRE(first.difficult);
  REQUIRE(first.score == 0.5);
  REQUIRE(first.attributes == std::map<std::string, std::string>{{"colour", "dark, red"}});
  REQUIRE(image_named(result, "b.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "b.jpg").split == Split::val);
  REQUIRE(issue_texts(result) ==
          Names{"error BAD_NUMBER boxes.csv:3: 'one' is no number; the box is left out",
                "error BAD_NUMBER boxes.csv:4: 'inf' is no number; the box is left out",
                "error BAD_ROW boxes.csv:5: no image is named; the row is left out",
                "warning BAD_ROW boxes.csv:6: 6 cells under 10 headers",
                "error MISSING_IMAGE boxes.csv:7: 'gone.jpg' is not there",
                "warning EMPTY_LABEL boxes.csv:10: the box has no class; kept as class (no label)"});
}

TEST_CASE("csv: numbers that look like shares are refused, not guessed") {
  Table table("filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,0.1,0.2,0.3,0.4\nb.jpg,cat,0,0,1,1\n");
  REQUIRE_THROWS_WITH(
      table.read(),
      table.path("set/boxes.csv").string() +
          ":2: found a box from 0.1 0.2 to 0.3 0.4 in an image of 80x60, expected pixels; no number of the "
          "dataset's 2 boxes is above 1: they look like shares of the image's sides");
}

TEST_CASE("csv: every mark and attribute survives the round trip, and the order of the classes") {
  TemporaryFolder folder;
  auto dataset =
      write_scene_images({.images = 3, .width = 80, .height = 60, .negative_share = 0}, folder.path() / "in");
  std::vector<fs::path> files;
  for (const auto& image : dataset.images) files.push_back(folder.path() / "in" / image.name);
  auto& first = dataset.images[0];
  first.name = "a \"b\", c/d.jpg";
  first.split = Split::val;
  first.annotations = {
      {.class_idx = 2, .shape = Box{0, 0, 80, 60}, .crowd = true, .truncated = 0.25, .occluded = 2.0},
      {.class_idx = 0,
       .shape = Box{-0.1, 1.0 / 3, 70, 90},
       .difficult = true,
       .ignore = true,
       .score = 0.1,
       .track_id = 12,
       .group_id = 3,
       .z = -2,
       .attributes = {{"plate", "007"}, {"colour", "a\nb"}}}};
  dataset.images[1].annotations.clear();
  dataset.images[2].annotations.clear();
  dataset.images[2].state = ImageState::unlabelled;
  auto report = write_dataset(dataset, files, folder.path() / "out", "csv", {.with_images = true});
  REQUIRE(report.losses.empty());
  auto read = read_dataset(folder.path() / "out", "auto");
  REQUIRE(read.format == "csv");
  REQUIRE(read.dataset.classes.names() == dataset.classes.names());
  const auto& same = image_named(read, first.name);
  REQUIRE(same.split == Split::val);
  for (std::size_t i = 0; i < 2; ++i) {
    auto expected = first.annotations[i];
    expected.source = Source::import;
    expected.provenance = same.annotations[i].provenance;
    REQUIRE(same.annotations[i] == expected);
  }
  REQUIRE(image_named(read, dataset.images[1].name).state == ImageState::done);
  REQUIRE(image_named(read, dataset.images[2].name).state == ImageState::unlabelled);
  auto text = read_file(folder.path() / "out/labels.csv");
  REQUIRE(text.starts_with(
      "filename,width,height,class,xmin,ymin,xmax,ymax,split,crowd,difficult,ignore,truncated,"
      "occluded,score,track_id,group_id,z,state,colour,plate\n"));
}

TEST_CASE("csv: what a table cannot say is counted") {
  TemporaryFolder folder;
  auto dataset = write_scene_images({.images = 1, .width = 80, .height = 60}, folder.path() / "in");
  dataset.images[0].tags = {{0, true}, {1, false}};
  dataset.images[0].annotations = {
      {.class_idx = 0, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}}}}, .attributes = {{"Filename", "x"}}}};
  REQUIRE_THROWS_WITH(
      write_dataset(dataset, {}, folder.path() / "out", "csv"),
      "csv cannot hold everything: 1 absent-tag (left out), 1 attributes (lose them), 1 polygon (become "
      "their bounding box), 1 tag (left out)");
}

// One search for the pictures that labels name: by the end of the path, case and normalisation forgiven, never by guess.
#include "fixtures/loose_folder.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;
using Texts = std::vector<std::string>;

// Names of the images that were found, with the count of their objects.
std::map<std::string, std::size_t> found_in(const ReadResult& result) {
  std::map<std::string, std::size_t> found;
  for (std::size_t i = 0; i < result.files.size(); ++i)
    if (!result.files[i].empty())
      found[result.dataset.images[i].name] = result.dataset.images[i].annotations.size();
  return found;
}
using Found = std::map<std::string, std::size_t>;

const std::string kCvat =
    "<annotations><version>1.1</version><image id=\"0\" name=\"a.jpg\" width=\"80\" height=\"60\"><box label=\"cat\" "
    "xtl=\"8\" ytl=\"6\" xbr=\"24\" ybr=\"18\"/></image></annotations>";
const std::string kVoc =
    "<annotation><filename>a.jpg</filename><size><width>80</width><height>60</height></size><object><name>cat</name>"
    "<bndbox><xmin>8</xmin><ymin>6</ymin><xmax>24</xmax><ymax>18</ymax></bndbox></object></annotation>";
const std::string kLabelme =
    R"({"shapes":[{"label":"cat","points":[[8,6],[24,18]],"shape_type":"rectangle"}],"imagePath":"a.jpg","imageHeight":60,"imageWidth":80})";
const std::string kVia =
    R"({"a.jpg1":{"filename":"a.jpg","size":1,"regions":[{"shape_attributes":{"name":"rect","x":8,"y":6,"width":16,"height":12},"region_attributes":{"class":"cat"}}],"file_attributes":{}}})";
const std::string kDatumaro =
    R"({"info":{},"categories":{"label":{"labels":[{"name":"cat","parent":""}]}},"items":[{"id":"a","annotations":[{"id":0,"type":"bbox","label_id":0,"bbox":[8,6,16,12]}],"image":{"path":"a.jpg","size":[60,80]}}]})";
const std::string kStudio =
    R"([{"id":1,"data":{"image":"/data/upload/1/a.jpg"},"annotations":[{"id":1,"result":[{"type":"rectanglelabels","from_name":"label","to_name":"image","original_width":80,"original_height":60,"value":{"x":10,"y":10,"width":20,"height":20,"rectanglelabels":["cat"]}}]}]}])";
const std::string kCreateml =
    R"([{"image":"a.jpg","annotations":[{"label":"cat","coordinates":{"x":16,"y":12,"width":16,"height":12}}]}])";

}  // namespace

TEST_CASE("every reader finds a picture in a folder that its format does not know") {
  const std::vector<std::pair<std::string, std::string>> labels = {
      {"coco.json", LooseFolder::coco("a.jpg")},
      {"annotations.xml", kCvat},
      {"Annotations/a.xml", kVoc},
      {"labels/a.json", kLabelme},
      {"via.json", kVia},
      {"datumaro.json", kDatumaro},
      {"studio.json", kStudio},
      {"createml.json", kCreateml},
      {"boxes.csv", "filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,8,6,24,18\n"},
      {"label_2/a.txt", "Car 0 0 0 8 6 24 18 -1 -1 -1 -1000 -1000 -1000 -10\n"}};
  for (const auto& [file, text] : labels) {
    CAPTURE(file);
    LooseFolder f;
    f.image("pictures/of the day/a.jpg");
    f.text(file, text);
    auto result = f.read();
    auto found = found_in(result);
    REQUIRE(found.size() == 1);
    REQUIRE(found.begin()->second == 1);
    REQUIRE(count_of(result.issues, Severity::error) == 0);
    REQUIRE(result.objects_without_image == 0);
    REQUIRE(result.dataset.images.size() == 1);
  }
}

TEST_CASE("a COCO file finds the folder of its name or split beside it, or beside its own") {
  const std::vector<std::vector<std::string>> layouts = {
      {"train.json", "train/a.jpg"},
      {"annotations/custom_train.json", "train2017/a.jpg"},
      {"annotations/custom_train.json", "images/train2017/a.jpg"},
      {"site1.json", "site1/a.jpg"}};
  for (const auto& layout : layouts) {
    CAPTURE(layout);
    LooseFolder f;
    f.image(layout[1]);
    f.image("val2017/a.jpg");
    f.image("site2/a.jpg");
    f.text(layout[0], LooseFolder::coco("a.jpg"));
    auto result = f.read("coco");
    REQUIRE(result.files == std::vector{f.path(layout[1]).lexically_normal()});
    // The label file alone, too: what stands beside it is found.
    auto alone = read_dataset(f.path(layout[0]), "coco");
    REQUIRE(std::filesystem::equivalent(alone.files.at(0), f.path(layout[1])));
  }
}

TEST_CASE("the longest end of the path decides between pictures of one name") {
  LooseFolder f;
  f.image("day/north/a.jpg");
  f.image("day/south/a.jpg");
  f.text("x.json", LooseFolder::coco("C:\\\\work\\\\south\\\\a.jpg"));
  REQUIRE(found_in(f.read("coco")) == Found{{"day/south/a.jpg", 1}});
}

TEST_CASE("names are found in other case and Unicode normalisation, and that is said") {
  LooseFolder f;
  f.image("images/A.JPG");
  f.text("x.json", LooseFolder::coco("a.jpg"));
  auto result = f.read("coco");
  REQUIRE(found_in(result) == Found{{"A.JPG", 1}});
  REQUIRE(result.notes.back() ==
          "1 image was found by a name in other case or Unicode normalisation (NFC, NFD): 'a.jpg' is " +
              f.path("images/A.JPG").string());

  // u with diaeresis in one code point, and as u and a combining diaeresis; Korean as macOS writes it
  for (const auto& [written, on_disk] : {std::pair{"\xC3\xBC.jpg", "u\xCC\x88.jpg"},
                                         {"u\xCC\x88.jpg", "\xC3\xBC.jpg"},
                                         {"\xEB\x84\x88.jpg", "\xE1\x84\x82\xE1\x85\xA5.jpg"}}) {
    CAPTURE(written);
    LooseFolder other;
    other.image(std::string("images/") + on_disk);
    other.text("x.json", LooseFolder::coco(written));
    REQUIRE(found_in(other.read("coco")) == Found{{on_disk, 1}});
  }
}

TEST_CASE("a name that fits exactly is no other in another case") {
  LooseFolder f;
  f.image("x/A.jpg");
  f.image("y/a.jpg");
  f.text("x.json", LooseFolder::coco("a.jpg"));
  REQUIRE(found_in(f.read("coco")) == Found{{"y/a.jpg", 1}});
}

TEST_CASE("several pictures that may be meant are an error that lists them") {
  LooseFolder f;
  f.image("north/a.jpg");
  f.image("south/a.jpg");
  f.text("x.json", LooseFolder::coco("a.jpg"));
  auto result = f.read("coco");
  auto texts = issue_texts(result);
  REQUIRE(texts.at(0) == "error AMBIGUOUS_IMAGE x.json: /images/0/file_name: 'a.jpg' may be any of " +
                             f.path("north/a.jpg").string() + ", " + f.path("south/a.jpg").string() +
                             "; say with --images which");
  REQUIRE(loses_objects(result.issues[0]));
  REQUIRE(found_in(result).empty());
  // --images decides.
  REQUIRE(f.read("coco", {.images = f.path("south")}).files == std::vector{f.path("south/a.jpg")});
}

TEST_CASE("missing and broken are different words, with where was looked") {
  LooseFolder f;
  f.text("x.json", LooseFolder::coco("a.jpg"));
  auto missing = f.read("coco");
  REQUIRE(issue_texts(missing) ==
          Texts{"error MISSING_IMAGE x.json: /images/0/file_name: 'a.jpg' is not there"});
  REQUIRE(missing.notes.back() == "images that are not there were looked for below " + f.path("").string());
  REQUIRE_THROWS_WITH(image_bytes(missing, 0),
                      "a.jpg: the image file is missing (looked below " + f.path("").string() + ")");
  f.text("a.jpg", "no picture");
  auto broken = f.read("coco");
  REQUIRE(broken.without_bytes.at(0).starts_with("broken: " + f.path("a.jpg").string()));
}

TEST_CASE("lists of YOLO name pictures from another folder on") {
  LooseFolder f;
  f.image("images/a.jpg");
  f.text("labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
  f.text("train.txt", "data/obj_train_data/images/a.jpg\n");
  f.text("data.yaml", "train: train.txt\nnames: [cat]\n");
  REQUIRE(found_in(f.read("yolo")) == Found{{"a.jpg", 1}});
}

TEST_CASE("label files are found in other case, too") {
  LooseFolder f;
  f.image("images/A.JPG");
  f.text("labels/A.TXT", "0 0.5 0.5 0.5 0.5\n");
  f.text("data.yaml", "train: images\nnames: [cat]\n");
  auto result = f.read("yolo");
  REQUIRE(found_in(result) == Found{{"A.JPG", 1}});
  REQUIRE(result.issues.empty());
}

TEST_CASE("what the right camera saw does not stand in for the left one's picture") {
  LooseFolder f;
  f.image("image_3/a.jpg");
  f.text("label_2/a.txt", "Car 0 0 0 8 6 24 18 -1 -1 -1 -1000 -1000 -1000 -10\n");
  auto result = f.read("kitti");
  REQUIRE(result.objects_without_image == 1);
  REQUIRE(found_in(result).empty());
}

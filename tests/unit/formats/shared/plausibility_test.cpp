// Numbers that cannot be what the format says: decided once for a dataset, from all its rows.
#include "ds/base/error.h"
#include "fixtures/loose_folder.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;

// images/a.jpg of 80 x 60 with these rows.
LooseFolder with_rows(const std::string& rows) {
  LooseFolder f;
  f.image("images/a.jpg");
  f.text("labels/a.txt", rows);
  f.text("data.yaml", "train: images\nnames: [cat]\n");
  return f;
}

std::string refusal(const LooseFolder& f, const std::string& format) {
  try {
    f.read(format);
  } catch (const FormatError& error) {
    auto text = std::string(error.what());
    return text.substr(text.find(f.path("").string()) + f.path("").string().size());
  }
  return "";
}

}  // namespace

TEST_CASE("YOLO rows in pixels are refused, with the first of them") {
  REQUIRE(
      refusal(with_rows("0 40 30 20 10\n0 0.5 0.5 0.5 0.5\n0 50.5 20 10 10\n"), "yolo") ==
      "labels/a.txt:1: found 40 30 20 10, expected shares of the image's sides, between 0 and 1; 2 of the "
      "dataset's 3 rows have numbers above: they look like pixels");
  // outlines, too
  REQUIRE(refusal(with_rows("0 8 6 24 6 24 18\n"), "yolo").ends_with("they look like pixels"));
}

TEST_CASE("attributes behind YOLO's boxes are no outlines") {
  REQUIRE(
      refusal(with_rows("0 0.5 0.5 0.25 0.25 0 39\n0 0.4 0.4 0.25 0.25 1 2\n"), "yolo") ==
      "labels/a.txt:1: found 2 numbers behind a box, where an outline has pairs of shares; 2 rows of the dataset "
      "are so: they look like attributes, not outlines");
  // Outlines that only begin like boxes are read: one with a fraction behind the fourth number is enough.
  REQUIRE(with_rows("0 0.5 0.5 0.25 0.25 0 1\n0 0.1 0.1 0.9 0.1 0.9 0.8\n")
              .read("yolo")
              .dataset.annotation_count() == 2);
  // The whole image as an outline.
  REQUIRE(with_rows("0 0 0 1 0 1 1 0 1\n").read("yolo").dataset.annotation_count() == 1);
}

TEST_CASE("few YOLO rows that cannot be are left out, and their image is in review") {
  auto f = with_rows("0 0.5 0.5 0.5 0.5\n0 0.4 0.5 0.5 0.5\n0 40 30 20 10\n");
  auto result = f.read("yolo");
  REQUIRE(
      issue_texts(result) ==
      std::vector<std::string>{
          "error BAD_NUMBER a.txt:3: found a box from 30 25 to 50 35 in an image of 80x60, expected shares of the "
          "image's sides, between 0 and 1; left out"});
  REQUIRE(result.dataset.annotation_count() == 2);
  REQUIRE(result.dataset.images[0].state == ImageState::review);
}

TEST_CASE("a box that reaches outside a little is kept") {
  auto result = with_rows("0 0.95 0.5 0.5 0.5\n").read("yolo");
  REQUIRE(result.dataset.annotation_count() == 1);
  REQUIRE(result.dataset.images[0].state == ImageState::done);
}

TEST_CASE("corners in YOLO rows are warned of") {
  auto result =
      with_rows("0 0.5 0.5 0.9 0.9\n0 0.6 0.5 0.9 0.9\n0 0.1 0.1 0.8 0.9\n0 0.7 0.6 0.8 0.8\n").read("yolo");
  REQUIRE(
      issue_texts(result).back() ==
      "warning LOOKS_LIKE_CORNERS in: 3 of 4 boxes reach outside their images, and none would as corners x0 y0 "
      "x1 y1; they are read as centre and size");
}

TEST_CASE("shares in formats of pixels are refused") {
  const std::vector<std::vector<std::string>> labels = {
      {"coco", "x.json",
       R"({"images":[{"id":1,"file_name":"a.jpg","width":80,"height":60}],"categories":[{"id":1,"name":"cat"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[0.1,0.1,0.5,0.5]}]})"},
      {"csv", "x.csv", "filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,0.1,0.1,0.6,0.6\n"},
      {"createml", "x.json",
       R"([{"image":"a.jpg","annotations":[{"label":"cat","coordinates":{"x":0.5,"y":0.5,"width":0.25,"height":0.25}}]}])"},
      {"voc", "a.xml",
       "<annotation><filename>a.jpg</filename><size><width>80</width><height>60</height></size><object><name>cat"
       "</name><bndbox><xmin>0.1</xmin><ymin>0.1</ymin><xmax>0.6</xmax><ymax>0.6</ymax></bndbox></object>"
       "</annotation>"}};
  for (const auto& one : labels) {
    CAPTURE(one[0]);
    LooseFolder f;
    f.image("a.jpg");
    f.text(one[1], one[2]);
    REQUIRE(refusal(f, one[0]).ends_with("they look like shares of the image's sides"));
  }
}

TEST_CASE("pixels in formats of shares are refused") {
  LooseFolder f;
  f.image("images/a.jpg");
  f.text(
      "boxes.csv",
      "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\na,x,/m/1,1,8,24,6,18\na,x,/m/1,1,0.1,0.2,0.1,0.2\n");
  REQUIRE(
      refusal(f, "open-images") ==
      "boxes.csv:2: found a box from 8 6 to 24 18 in an image of 80x60, expected shares of the image's sides, "
      "between 0 and 1; 1 of the dataset's 2 boxes reach far outside: they look like pixels");
  LooseFolder g;
  g.image("a.jpg");
  g.text("x.csv", "filename,class,x_norm,y_norm,w_norm,h_norm\na.jpg,cat,8,6,16,12\n");
  REQUIRE(refusal(g, "csv").ends_with("they look like pixels"));
}

// An image of which labels were left out is in review, whichever reader left them out.
#include "fixtures/loose_folder.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;

// Labels of a.jpg, of which one of two objects cannot be read, and of b.jpg, which is whole.
struct Labels {
  std::string format;
  std::vector<std::pair<std::string, std::string>> files;
};

std::string kitti_row(const std::string& x) {
  return "Car 0 0 0 " + x + " 6 24 18 -1 -1 -1 -1000 -1000 -1000 -10\n";
}

std::string voc(const std::string& name, const std::string& first) {
  auto object = [](const std::string& x) {
    return "<object><name>cat</name><bndbox><xmin>" + x +
           "</xmin><ymin>6</ymin><xmax>24</xmax><ymax>18</ymax></bndbox></object>";
  };
  return "<annotation><filename>" + name + "</filename><size><width>80</width><height>60</height></size>" +
         object(first) + object("9") + "</annotation>";
}

const std::
    vector<Labels>
        kLabels =
            {
                {"yolo",
                 {{"data.yaml", "train: images\nnames: [cat]\n"},
                  {"labels/a.txt", "0 0.5 0.5 0.5 0.5\n0 0.5 x 0.5 0.5\n"},
                  {"labels/b.txt", "0 0.5 0.5 0.5 0.5\n"}}},
                {"voc", {{"a.xml", voc("a.jpg", "x")}, {"b.xml", voc("b.jpg", "8")}}},
                {"kitti",
                 {{"label_2/a.txt", kitti_row("8") + kitti_row("x")}, {"label_2/b.txt", kitti_row("8")}}},
                {"dota",
                 {{"labelTxt/a.txt", "8 6 24 6 24 18 8 18 cat 0\n8 6 24 6 24 18 8 x cat 0\n"},
                  {"labelTxt/b.txt", "8 6 24 6 24 18 8 18 cat 0\n"}}},
                {"csv",
                 {{"x.csv",
                   "filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,8,6,24,18\na.jpg,cat,x,6,24,18\nb.jpg,cat,8,6,24,18\n"}}},
                {"open-images",
                 {{"x.csv",
                   "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\na,x,/m/1,1,0.1,0.2,0.1,0.2\n"
                   "a,x,/m/1,1,?,0.2,0.1,0.2\nb,x,/m/1,1,0.1,0.2,0.1,0.2\n"}}},
                {"coco",
                 {{"x.json",
                   R"({"images":[{"id":1,"file_name":"a.jpg","width":80,"height":60},{"id":2,"file_name":"b.jpg","width":80,"height":60}],"categories":[{"id":1,"name":"cat"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[8,6,16,12]},{"id":2,"image_id":1,"category_id":9,"bbox":[8,6,16,12]},{"id":3,"image_id":2,"category_id":1,"bbox":[8,6,16,12]}]})"}}},
                {"createml",
                 {{"x.json",
                   R"([{"image":"a.jpg","annotations":[{"label":"cat","coordinates":{"x":16,"y":12,"width":16,"height":12}},{"label":"cat","coordinates":{"x":"?","y":12,"width":16,"height":12}}]},{"image":"b.jpg","annotations":[{"label":"cat","coordinates":{"x":16,"y":12,"width":16,"height":12}}]}])"}}},
                {"cvat",
                 {{"x.xml",
                   "<annotations><version>1.1</version><image id=\"0\" name=\"a.jpg\" width=\"80\" height=\"60\"><box label=\"cat\" "
                   "xtl=\"8\" ytl=\"6\" xbr=\"24\" ybr=\"18\"/><box label=\"cat\" xtl=\"?\" ytl=\"6\" xbr=\"24\" ybr=\"18\"/>"
                   "</image><image id=\"1\" name=\"b.jpg\" width=\"80\" height=\"60\"><box label=\"cat\" xtl=\"8\" ytl=\"6\" "
                   "xbr=\"24\" ybr=\"18\"/></image></annotations>"}}},
                {"via",
                 {{"x.json",
                   R"({"a.jpg1":{"filename":"a.jpg","size":1,"regions":[{"shape_attributes":{"name":"rect","x":8,"y":6,"width":16,"height":12},"region_attributes":{"class":"cat"}},{"shape_attributes":{"name":"rect","x":"?","y":6,"width":16,"height":12},"region_attributes":{"class":"cat"}}],"file_attributes":{}},"b.jpg1":{"filename":"b.jpg","size":1,"regions":[{"shape_attributes":{"name":"rect","x":8,"y":6,"width":16,"height":12},"region_attributes":{"class":"cat"}}],"file_attributes":{}}})"}}},
                {"labelme",
                 {{"a.json",
                   R"({"shapes":[{"label":"cat","points":[[8,6],[24,18]],"shape_type":"rectangle"},{"label":"cat","points":[[8]],"shape_type":"rectangle"}],"imagePath":"a.jpg","imageHeight":60,"imageWidth":80})"},
                  {"b.json",
                   R"({"shapes":[{"label":"cat","points":[[8,6],[24,18]],"shape_type":"rectangle"}],"imagePath":"b.jpg","imageHeight":60,"imageWidth":80})"}}},
                {"datumaro",
                 {{"x.json",
                   R"({"info":{},"categories":{"label":{"labels":[{"name":"cat","parent":""}]}},"items":[{"id":"a","annotations":[{"id":0,"type":"bbox","label_id":0,"bbox":[8,6,16,12]},{"id":1,"type":"bbox","label_id":7,"bbox":[8,6,16,12]}],"image":{"path":"a.jpg","size":[60,80]}},{"id":"b","annotations":[{"id":0,"type":"bbox","label_id":0,"bbox":[8,6,16,12]}],"image":{"path":"b.jpg","size":[60,80]}}]})"}}},
                {"label-studio",
                 {{"x.json",
                   R"([{"id":1,"data":{"image":"a.jpg"},"annotations":[{"id":1,"result":[{"type":"rectanglelabels","from_name":"label","to_name":"image","original_width":80,"original_height":60,"value":{"x":10,"y":10,"width":20,"height":20,"rectanglelabels":["cat"]}},{"type":"rectanglelabels","from_name":"label","to_name":"image","original_width":80,"original_height":60,"value":{"x":"?","y":10,"width":20,"height":20,"rectanglelabels":["cat"]}}]}]},{"id":2,"data":{"image":"b.jpg"},"annotations":[{"id":2,"result":[{"type":"rectanglelabels","from_name":"label","to_name":"image","original_width":80,"original_height":60,"value":{"x":10,"y":10,"width":20,"height":20,"rectanglelabels":["cat"]}}]}]}])"}}},
                {"mot",
                 {{"s/gt/gt.txt", "1,1,8,6,16,12,1,1,1\n1,2,x,6,16,12,1,1,1\n2,1,8,6,16,12,1,1,1\n"},
                  {"s/seqinfo.ini",
                   "[Sequence]\nname=s\nimDir=img1\nseqLength=2\nimWidth=80\nimHeight=60\n"}}}};

}  // namespace

TEST_CASE("every reader sends images with labels left out to review") {
  for (const auto& labels : kLabels) {
    CAPTURE(labels.format);
    LooseFolder f;
    bool mot = labels.format == "mot";
    std::string folder = labels.format == "kitti" ? "image_2/" : mot ? "s/img1/" : "images/";
    f.image(folder + (mot ? "000001.jpg" : "a.jpg"));
    f.image(folder + (mot ? "000002.jpg" : "b.jpg"));
    for (const auto& [name, text] : labels.files) f.text(name, text);
    auto result = f.read(labels.format);
    REQUIRE(result.dataset.images.size() == 2);
    const auto& a = result.dataset.images[0];
    const auto& b = result.dataset.images[1];
    REQUIRE(a.annotations.size() == 1);
    REQUIRE(a.state == ImageState::review);
    REQUIRE(b.annotations.size() == (labels.format == "voc" ? 2 : 1));
    REQUIRE(b.state == ImageState::done);
    REQUIRE(result.incomplete == std::vector<std::size_t>{0});
  }
}

TEST_CASE("an image whose only label is left out is no negative") {
  LooseFolder f;
  f.image("images/a.jpg");
  f.text("labels/a.txt", "0 0.5 x 0.5 0.5\n");
  f.text("data.yaml", "train: images\nnames: [cat]\n");
  auto result = f.read("yolo");
  REQUIRE(result.dataset.images[0].state == ImageState::review);
  REQUIRE(result.dataset.images[0].annotations.empty());
}

TEST_CASE("a table that breaks off leaves its images in review") {
  LooseFolder f;
  f.image("a.jpg");
  f.text("x.csv", "filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,8,6,24,18\na.jpg,\"cat,8,6,24,18\n");
  auto result = f.read("csv");
  REQUIRE(result.issues.at(0).code == "BAD_FILE");
  REQUIRE(result.dataset.images[0].state == ImageState::review);
}

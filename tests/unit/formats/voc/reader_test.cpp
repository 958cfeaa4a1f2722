// Pascal VOC's rules one by one.
#include <algorithm>
#include <cmath>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/voc/options.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
namespace fs = std::filesystem;
using Attributes = std::map<std::string, std::string>;

// One picture of 64x48 as JPEGImages/a.jpg; XML goes to Annotations/.
class Voc {
 public:
  Voc() {
    write_scene_images({.images = 1, .width = 64, .height = 48}, path("JPEGImages"));
    fs::rename(path("JPEGImages/scene_0000.jpg"), path("JPEGImages/a.jpg"));
  }
  fs::path path(const std::string& name = {}) const {
    return name.empty() ? folder_.path() : folder_.path() / name;
  }
  void write(const std::string& name, const std::string& text) { write_file_atomically(path(name), text); }
  void xml(const std::string& inside,
           const std::string& size = "<size><width>64</width><height>48</height></size>",
           const std::string& filename = "a.jpg") {
    write("Annotations/a.xml",
          "<annotation>\n<filename>" + filename + "</filename>\n" + size + "\n" + inside + "</annotation>\n");
  }
  ReadResult read(const std::string& policy = "asis") {
    return read_dataset(path(), "voc", {.own = VocReading{.coords = policy}});
  }
  Annotation one(const std::string& object) {
    xml("<object><name>cat</name>" + object + "</object>");
    auto result = read();
    REQUIRE(result.dataset.annotation_count() == 1);
    return result.dataset.images[0].annotations[0];
  }
  static std::size_t count(const ReadResult& result, const std::string& code) {
    return static_cast<std::size_t>(std::count_if(result.issues.begin(), result.issues.end(),
                                                  [&](const Issue& issue) { return issue.code == code; }));
  }

 private:
  TemporaryFolder folder_;
};

const std::string kBox = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>";

const std::string kObject = "<object><name>cat</name>" + kBox + "</object>";

}  // namespace

TEST_CASE("VO-1: the reading of coordinates is one for the dataset and says what proves it") {
  Voc voc;
  fs::copy_file(voc.path("JPEGImages/a.jpg"), voc.path("JPEGImages/b.jpg"));
  voc.xml("<object><name>cat</name>" + kBox + "</object>\n");
  // Only the second file begins below 1; both are read alike.
  voc.write(
      "Annotations/b.xml",
      "<annotation>\n<folder>VOC2007</folder><filename>b.jpg</filename>\n<object><name>cat</name>\n"
      "<bndbox><xmin>0</xmin><ymin>2</ymin><xmax>64</xmax><ymax>48</ymax></bndbox></object></annotation>\n");
  auto result = voc.read("auto");
  REQUIRE(result.dataset.images[0].annotations[0].box() == Box{1, 2, 30, 40});
  REQUIRE(
      result.issues[0].message ==
      "coordinates read as 'asis': 1 of 2 boxes begin below 1 (first: b.xml:4), so the numbers count from 0");
}

TEST_CASE("VO-2: fractions are written as they are, devkit's whole numbers grow to hold the box") {
  Voc voc;
  Dataset dataset;
  dataset.classes = ClassList({"cat"});
  dataset.images = {{.name = "a.jpg", .width = 64, .height = 48, .state = ImageState::done}};
  dataset.images[0].annotations = {{.shape = Box{1.25, 2, 30.5, 40}}};
  write_dataset(dataset, {}, voc.path("asis"), "voc");
  REQUIRE(read_file(voc.path("asis/Annotations/a.xml")).find("<xmin>1.25</xmin>") != std::string::npos);
  REQUIRE_THROWS_WITH(
      write_dataset(dataset, {}, voc.path("kit"), "voc", {.own = VocWriting{.coords = "devkit"}}),
      "voc cannot hold everything: 1 fraction (grow to whole pixels)");
  write_dataset(dataset, {}, voc.path("kit"), "voc",
                {.allow_loss = {"fraction"}, .own = VocWriting{.coords = "devkit"}});
  auto text = read_file(voc.path("kit/Annotations/a.xml"));
  // floor(1.25) + 1 = 2, ceil(30.5) = 31
  REQUIRE(text.find("<xmin>2</xmin>") != std::string::npos);
  REQUIRE(text.find("<xmax>31</xmax>") != std::string::npos);
}

TEST_CASE("VO-3: floats, and the four tags in any order") {
  Voc voc;
  REQUIRE(
      voc.one("<bndbox><ymax>20.5</ymax><xmax>1e1</xmax><xmin>1.0</xmin><ymin> 5.5 </ymin></bndbox>").box() ==
      Box{1, 5.5, 10, 20.5});
}

TEST_CASE("VO-4: marks, actions and attributes; parts are no objects") {
  Voc voc;
  auto read =
      voc.one("<pose>Left</pose><truncated>1</truncated><difficult>1</difficult>" + kBox +
              "<part><name>head</name>" + kBox +
              "</part><actions><jumping>1</jumping></actions>"
              "<attributes><attribute><name>colour</name><value>red</value></attribute></attributes>");
  REQUIRE(read.difficult);
  REQUIRE(read.truncated == 1.0);
  REQUIRE_FALSE(read.occluded);
  REQUIRE(read.attributes == Attributes{{"action.jumping", "1"}, {"colour", "red"}, {"pose", "Left"}});
}

TEST_CASE("VO-5: a missing size, 0x0 and a wrong one; the picture's counts") {
  Voc voc;
  for (auto* size : {"", "<size><width>0</width><height>0</height><depth>1</depth></size>"}) {
    voc.xml(kObject, size);
    auto result = voc.read();
    REQUIRE(result.dataset.images[0].width == 64);
    REQUIRE(Voc::count(result, "SIZE_MISMATCH") == 0);
  }
  voc.xml(kObject, "<size><width>640</width><height>48</height></size>");
  REQUIRE(Voc::count(voc.read(), "SIZE_MISMATCH") == 1);
}

TEST_CASE("VO-6: <filename> without its extension, or wrong") {
  Voc voc;
  voc.xml(kObject, "", "a");
  REQUIRE(Voc::count(voc.read(), "WRONG_FILENAME") == 0);
  voc.xml(kObject, "", "other.jpg");
  auto result = voc.read();
  REQUIRE(result.files[0].filename() == "a.jpg");
  REQUIRE(Voc::count(result, "WRONG_FILENAME") == 1);
}

TEST_CASE("VO-7: lists of splits, not those of a class called train; images with blanks in their names") {
  Voc voc;
  fs::copy_file(voc.path("JPEGImages/a.jpg"), voc.path("JPEGImages/b 1.jpg"));
  fs::copy_file(voc.path("JPEGImages/a.jpg"), voc.path("JPEGImages/c.jpg"));
  voc.xml("<object><name>train</name>" + kBox + "</object>");
  voc.write("ImageSets/Main/train.txt", "a\n\n# a comment\n");
  voc.write("ImageSets/Main/val.txt", "b 1\nc\n");
  voc.write("ImageSets/Main/trainval.txt", "a\nb 1\nc\n");
  voc.write("ImageSets/Main/train_train.txt", "a  1\nc -1\n");
  auto result = voc.read();
  REQUIRE(Voc::count(result, "SPLIT_OVERLAP") == 0);
  REQUIRE(result.dataset.images.size() == 3);
  for (const auto& image : result.dataset.images) {
    CAPTURE(image.name);
    REQUIRE(image.split == (image.name == "a.jpg" ? Split::train : Split::val));
    REQUIRE(image.state == (image.name == "a.jpg" ? ImageState::done : ImageState::unlabelled));
  }
}

TEST_CASE("VO-8: Roboflow's polygon is the object's shape; one that is none leaves the box") {
  Voc voc;
  auto read =
      voc.one(kBox + "<polygon><x1>1</x1><y1>2</y1><x2>30</x2><y2>2</y2><x3>30</x3><y3>40</y3></polygon>");
  REQUIRE(read.shape == Shape(Polygon{{{{1, 2}, {30, 2}, {30, 40}}}}));
  voc.xml("<object><name>cat</name>" + kBox + "<polygon><x1>1</x1><y1>x</y1></polygon></object>");
  auto result = voc.read();
  REQUIRE(result.dataset.images[0].annotations[0].shape == Shape(Box{1, 2, 30, 40}));
  REQUIRE(Voc::count(result, "BAD_SEGMENTATION") == 1);
}

TEST_CASE("VO-9: roLabelImg's turned box, its angle in radians, clockwise; corners under the same name") {
  Voc voc;
  voc.xml(
      "<object><type>robndbox</type><name>ship</name><difficult>1</difficult><robndbox><cx>30</cx>"
      "<cy>20.5</cy><w>20</w><h>8</h><angle>0.5</angle></robndbox></object>\n"
      "<object><type>bndbox</type><name>cat</name>" +
      kBox +
      "</object>\n"
      "<object><name>ship</name><robndbox><x_left_top>30</x_left_top><y_left_top>10</y_left_top>"
      "<x_right_top>40</x_right_top><y_right_top>20</y_right_top><x_right_bottom>35</x_right_bottom>"
      "<y_right_bottom>25</y_right_bottom><x_left_bottom>25</x_left_bottom>"
      "<y_left_bottom>15</y_left_bottom></robndbox></object>\n");
  for (const std::string policy : {"asis", "devkit"}) {
    CAPTURE(policy);
    auto result = voc.read(policy);
    const auto& all = result.dataset.images.at(0).annotations;
    REQUIRE(all.size() == 3);
    // 0.5 rad = 28.64789 degrees
    REQUIRE(all[0].shape == Shape(RotatedBox{30, 20.5, 20, 8, 0.5 * 180 / 3.14159265358979323846}));
    REQUIRE(all[0].difficult);
    REQUIRE(result.dataset.classes[all[0].class_idx].name == "ship");
    REQUIRE(all[1].shape == Shape(policy == "asis" ? Box{1, 2, 30, 40} : Box{0, 1, 30, 40}));
    // Sides of 10 and 5 along 45 degrees: sqrt(200) and sqrt(50).
    const auto& corners = std::get<RotatedBox>(all[2].shape);
    REQUIRE(corners.angle_deg == Approx(45));
    REQUIRE(corners.width == Approx(std::sqrt(200)));
    REQUIRE(corners.height == Approx(std::sqrt(50)));
    REQUIRE(Voc::count(result, "BOX_MASK_MISMATCH") == 0);
  }
}

TEST_CASE("VO-10: turned boxes alone are recognised and prove nothing; a wrong number has its place") {
  Voc voc;
  auto object = [](const std::string& angle) {
    return "<object><name>ship</name><robndbox><cx>30</cx><cy>20</cy><w>20</w><h>8</h>" + angle +
           "</robndbox></object>\n";
  };
  voc.xml(object("<angle>3</angle>"));
  REQUIRE(detect_format(voc.path())->name == "voc");
  auto result = voc.read("auto");
  REQUIRE(result.dataset.annotation_count() == 1);
  REQUIRE(result.issues.size() == 1);
  REQUIRE(result.issues[0].severity == Severity::note);
  voc.xml(object("") + object("<angle>x</angle>"));
  result = voc.read("auto");
  REQUIRE(result.dataset.annotation_count() == 0);
  REQUIRE(result.issues[0].message == "object 1 (ship): <angle> is '', not a finite number; left out");
  REQUIRE(result.issues[1].message == "object 2 (ship): <angle> is 'x', not a finite number; left out");
  REQUIRE(result.issues[1].location.line == 5);
}

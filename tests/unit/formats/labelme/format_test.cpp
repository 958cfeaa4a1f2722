// LabelMe: wkentaro's JSON, X-AnyLabeling's additions, MIT's XML.
#include "ds/base/hash.h"
#include "ds/testing/shared_data.h"
#include "fixtures/label_tools.h"
#include "shared/pictures/mask_pixels.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;

std::string file_of(const std::string& shapes, const std::string& more = {}) {
  return R"({"version": "5.4.1", "flags": {}, "imagePath": "a.jpg", "imageData": null, "imageHeight": 48,
    "imageWidth": 64, )" +
         more + R"("shapes": [)" + shapes + "]}";
}

std::string shape(const std::string& type, const std::string& points, const std::string& more = {}) {
  return R"({"label": "cat", "group_id": null, "flags": {}, "shape_type": ")" + type + R"(", "points": )" +
         points + (more.empty() ? "" : ", " + more) + "}";
}

const Annotation& first(const ReadResult& result) {
  return result.dataset.images.at(0).annotations.at(0);
}

}  // namespace

TEST_CASE("labelme: every shape type becomes its shape") {
  LabelFolder f;
  auto read = [&](const std::string& text) {
    f.write("a.json", file_of(text));
    auto result = read_dataset(f.path(), "auto");
    REQUIRE(result.format == "labelme");
    REQUIRE(result.dataset.annotation_count() == 1);
    return first(result).shape;
  };
  // Two opposite corners, in any order.
  REQUIRE(read(shape("rectangle", "[[10, 30.5], [2, 4]]")) == Shape(Box{2, 4, 10, 30.5}));
  // X-AnyLabeling: four corners.
  REQUIRE(read(shape("rectangle", "[[2, 4], [10, 4], [10, 30], [2, 30]]")) == Shape(Box{2, 4, 10, 30}));
  REQUIRE(read(shape("polygon", "[[1, 1], [5, 1], [5, 5]]")) == Shape(Polygon{{{{1, 1}, {5, 1}, {5, 5}}}}));
  // Radius: the distance of (13, 14) from (10, 10) = 5
  REQUIRE(read(shape("circle", "[[10, 10], [13, 14]]")) == Shape(Ellipse{10, 10, 5, 5, 0}));
  REQUIRE(read(shape("line", "[[1, 2], [3, 4]]")) == Shape(Polyline{{{1, 2}, {3, 4}}}));
  REQUIRE(read(shape("linestrip", "[[1, 2], [3, 4], [5, 4]]")) == Shape(Polyline{{{1, 2}, {3, 4}, {5, 4}}}));
  REQUIRE(read(shape("point", "[[7, 8]]")) == Shape(KeyPoints{{{7, 8}}, {2}, {7, 8, 7, 8}}));
  // A rectangle of 10 x 4 turned by 90 degrees about (20, 20): its first edge points down.
  auto turned = read(shape("rotation", "[[22, 15], [22, 25], [18, 25], [18, 15]]"));
  REQUIRE(shape_difference(turned, RotatedBox{20, 20, 10, 4, 90}) < 1e-9);
  // No type: a polygon, as LabelMe's first versions wrote.
  f.write("a.json", file_of(R"({"label": "cat", "points": [[1, 1], [5, 1], [5, 5]]})"));
  REQUIRE(kind_name(first(read_dataset(f.path(), "auto")).shape) == "polygon");
}

TEST_CASE("labelme: rotated boxes keep the order of their corners and are not turned by exchanging sides") {
  LabelFolder f;
  RotatedBox box{30, 24, 10, 20, 200};
  std::string points;
  for (const auto& p : box.corners())
    points += (points.empty() ? "[" : ", [") + std::to_string(p.x) + ", " + std::to_string(p.y) + "]";
  f.write("a.json", file_of(shape("oriented_rectangle", "[" + points + "]")));
  // std::to_string keeps six decimals
  REQUIRE(shape_difference(first(read_dataset(f.path(), "auto")).shape, box) < 1e-5);
}

TEST_CASE("labelme: a mask is a PNG laid between two inclusive corners") {
  LabelFolder f;
  // 3x2 pixels: 0 1 0 / 1 1 0; inside 64x48 they begin at column 10, row 20.
  auto patch = detail::mask_of_pixels({false, true, false, true, true, false}, 3, 2);
  auto png = base64_encode(detail::picture_of_mask(patch, {0, 0, 3, 2}));
  std::vector<bool> pixels(64 * 48);
  for (auto [x, y] : {std::pair{11, 20}, {10, 21}, {11, 21}})
    pixels[static_cast<std::size_t>(y * 64 + x)] = true;
  auto expected = detail::mask_of_pixels(pixels, 64, 48);
  f.write("a.json", file_of(shape("mask", "[[10, 20], [12, 21]]", "\"mask\": \"" + png + "\"")));
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(result.issues.empty());
  REQUIRE(first(result).shape == Shape(expected));
  REQUIRE(first(result).box() == Box{10, 20, 12, 22});
  f.write("a.json", file_of(shape("mask", "[[10, 20], [13, 21]]", "\"mask\": \"" + png + "\"")));
  result = read_dataset(f.path(), "auto");
  REQUIRE(f.issues(result) ==
          std::vector<std::string>{"warning BOX_MASK_MISMATCH a.json: /shapes/0/points: the points hold 4x2 "
                                   "pixels, the mask 3x2; the mask is used"});
  REQUIRE(first(result).shape == Shape(expected));
  f.write("a.json", file_of(shape("mask", "[[10, 20], [12, 21]]", R"("mask": "no base64!")") + "," +
                            shape("rectangle", "[[1, 2], [3, 4]]")));
  result = read_dataset(f.path(), "auto");
  REQUIRE(f.issues(result) ==
          std::vector<std::string>{
              "error BAD_SEGMENTATION a.json: /shapes/0/mask: found no picture in base64; left out"});
  REQUIRE(result.dataset.annotation_count() == 1);
}

TEST_CASE("labelme: one bad shape does not discard its neighbours") {
  LabelFolder f;
  f.write("a.json",
          file_of(shape("polygon", "[[1, 1], [5, 1]]") + "," + shape("rectangle", "[[1, null], [5, 1]]") +
                  "," + shape("star", "[[1, 1]]") + R"(, {"points": [[1, 1], [2, 2]]}, 7, )" +
                  shape("rectangle", "[[1, 2], [70, 4]]")));
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(f.issues(result) ==
          std::vector<std::string>{
              "error BAD_ROW a.json: /shapes/0/points: a polygon needs 3 points, found 2; left out",
              "error BAD_NUMBER a.json: /shapes/1/points/0: found [1,null], expected two finite numbers; "
              "left out",
              "error BAD_ROW a.json: /shapes/2/shape_type: 'star' is none of rectangle, oriented_rectangle, "
              "rotation, polygon, circle, line, linestrip, point, points, mask; left out",
              "error BAD_ROW a.json: /shapes/3/label: a shape needs a label; left out",
              "error BAD_ROW a.json: /shapes/4/label: a shape needs a label; left out",
              "warning BOX_OUTSIDE_IMAGE a.json: /shapes/5: cat box [1, 2, 70, 4] reaches outside a.jpg "
              "(64x48)"});
  REQUIRE(result.dataset.annotation_count() == 1);
}

TEST_CASE("labelme: polygons of one label and group are one object, unless ours say otherwise") {
  LabelFolder f;
  auto part = [](const std::string& label, const std::string& group, const std::string& more = {}) {
    return R"({"label": ")" + label + R"(", "group_id": )" + group + more +
           R"(, "shape_type": "polygon", "points": [[1, 1], [5, 1], [5, 5]]})";
  };
  f.write("a.json", file_of(part("cat", "1") + "," + part("dog", "1") + "," + part("cat", "1") + "," +
                            part("cat", "2") + "," + part("cat", "null")));
  auto result = read_dataset(f.path(), "auto");
  const auto& objects = result.dataset.images[0].annotations;
  REQUIRE(objects.size() == 4);
  REQUIRE(std::get<Polygon>(objects[0].shape).rings.size() == 2);
  REQUIRE(objects[0].group_id == 1);
  REQUIRE(objects[1].group_id == 1);
  REQUIRE(objects[3].group_id == std::nullopt);
  f.write("a.json",
          file_of(part("cat", "1", R"(, "instance": 1)") + "," + part("cat", "1", R"(, "instance": 2)")));
  REQUIRE(read_dataset(f.path(), "auto").dataset.annotation_count() == 2);
}

TEST_CASE("labelme: X-AnyLabeling's additions, flags and unknown keys are kept") {
  LabelFolder f;
  f.write("labels.txt", "__ignore__\n_background_\ndog\ncat\n");
  f.write(
      "a.json",
      R"({"version": "2.5.0", "flags": {"dog": true, "night": false}, "checked": true, "description": "", "lineColor": [0, 255, 0, 128],
             "imagePath": "a.jpg", "imageData": null, "imageHeight": 48, "imageWidth": 64, "shapes": [
             {"label": "cat", "score": 0.5, "points": [[1, 2], [3, 4]], "group_id": 3, "description": "old",
              "difficult": true, "shape_type": "rectangle", "flags": {"wet": true}, "attributes": {"fur": "long"},
              "kie_linking": [[1, 2]], "colour": "red"}]})");
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"dog", "cat"});
  const auto& image = result.dataset.images[0];
  REQUIRE(image.tags == std::vector<ImageTag>{{0, true}});
  REQUIRE(image.attributes ==
          std::map<std::string, std::string>{{"flags.night", "false"}, {"checked", "true"}});
  const auto& cat = image.annotations[0];
  REQUIRE(cat.class_idx == 1);
  REQUIRE(cat.score == 0.5);
  REQUIRE(cat.group_id == 3);
  REQUIRE(cat.difficult);
  REQUIRE(cat.attributes == std::map<std::string, std::string>{{"colour", "red"},
                                                               {"description", "old"},
                                                               {"flags.wet", "true"},
                                                               {"fur", "long"},
                                                               {"kie_linking", "[[1,2]]"}});
  REQUIRE(cat.provenance.file == "a.json");
  REQUIRE(cat.provenance.place == "/shapes/0");
}

TEST_CASE("labelme: where the picture is") {
  LabelFolder f;
  auto write = [&](const std::string& path, const std::string& data) {
    f.write("a.json", R"({"imagePath": ")" + path + R"(", "imageData": )" + data +
                          R"(, "imageHeight": 48, "imageWidth": 64, "shapes": []})");
    return read_dataset(f.path(), "auto");
  };
  auto embedded = "\"" + base64_encode(read_file(f.path("a.jpg"))) + "\"";
  SECTION("beside the labels, by a path of another system") {
    auto result = write("C:\\\\pictures\\\\a.jpg", "null");
    REQUIRE(result.files[0] == f.path("a.jpg"));
    REQUIRE(result.issues.empty());
    REQUIRE(result.dataset.images[0].state == ImageState::done);  // a negative
  }
  SECTION("under its own name when the path is wrong") {
    auto result = write("b.png", "null");
    REQUIRE(f.issues(result) ==
            std::vector<std::string>{
                "warning WRONG_FILENAME a.json: /imagePath: 'b.png' is not there; a.jpg is used"});
    REQUIRE(result.dataset.images.size() == 1);
  }
  SECTION("below --images") {
    f.image("p/q/c.jpg");
    f.write("a.json", R"({"imagePath": "c.jpg", "imageData": null, "shapes": []})");
    auto result = read_dataset(f.path("a.json"), "auto", {.images = f.path("p/q")});
    REQUIRE(result.files[0] == f.path("p/q/c.jpg"));
  }
  SECTION("inside the labels") {
    auto bytes = read_file(f.path("a.jpg"));
    f.remove("a.jpg");
    auto result = write("a.json", embedded);  // a file in the wild names itself
    REQUIRE(result.issues.empty());
    REQUIRE(result.dataset.images[0].name == "a.jpg");
    REQUIRE(result.dataset.images[0].width == 64);
    REQUIRE(result.files[0].empty());
    REQUIRE(image_bytes(result, 0) == bytes);
  }
  SECTION("the picture inside is used when the file has another size") {
    f.image("in/a.jpg");
    write_scene_images({.images = 1, .width = 80, .height = 60}, f.path("big"));
    f.remove("a.jpg");
    std::filesystem::rename(f.path("big/scene_0000.jpg"), f.path("a.jpg"));
    auto result = write("a.jpg", embedded);
    REQUIRE(
        f.issues(result) ==
        std::vector<std::string>{"warning SIZE_MISMATCH a.json: /imagePath: a.jpg is 80x60, the picture in "
                                 "imageData 64x48; the latter is used"});
    REQUIRE(result.embedded.contains(0));
  }
  SECTION("nowhere: the declared size counts") {
    f.remove("a.jpg");
    auto result = write("x/a.jpg", "null");
    REQUIRE(f.issues(result) ==
            std::vector<std::string>{"error MISSING_IMAGE a.json: /imagePath: 'x/a.jpg' is not there"});
    REQUIRE(result.dataset.images[0].width == 64);
    REQUIRE(result.files[0].empty());
    result = write("x/a.jpg", "\"####\"");
    REQUIRE(f.issues(result) ==
            std::vector<std::string>{"error BROKEN_IMAGE a.json: /imageData: 'x/a.jpg' is not there, and "
                                     "imageData cannot be read: imageData is no base64"});
  }
}

TEST_CASE("labelme: a classes.txt beside JSON does not make it darknet's") {
  LabelFolder f;
  f.write("classes.txt", "dog\ncat\n");
  f.write("a.json", file_of(shape("rectangle", "[[1, 2], [3, 4]]")));
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(result.format == "labelme");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"dog", "cat"});
  f.write("a.txt", "0 0.5 0.5 0.1 0.1\n");
  REQUIRE_THROWS_WITH(detect_format(f.path()),
                      Catch::Matchers::Contains("looks like several formats: darknet ("));
}

TEST_CASE("labelme: a broken file is one issue with its line; pictures without labels are unlabelled") {
  LabelFolder f;
  f.image("b.jpg");
  f.write("a.json", file_of(shape("rectangle", "[[1, 2], [3, 4]]")));
  f.write("b.json", "{\"shapes\": [\n}");
  f.write("other.json", "{\"settings\": []}");
  auto result = read_dataset(f.path(), "labelme");
  REQUIRE(result.issues.size() == 2);
  REQUIRE(f.issues(result)[0].starts_with("error BAD_FILE b.json:2:1: not valid JSON: "));
  REQUIRE(result.issues[1].code == "UNREAD_LABELS");
  REQUIRE(result.dataset.images.size() == 2);
  REQUIRE(image_called(result.dataset, "b.jpg")->state == ImageState::unlabelled);
  REQUIRE_THROWS_WITH(read_dataset(f.path("a.jpg"), "labelme"),
                      f.path("a.jpg").string() + ": no LabelMe file (.json with shapes, or MIT's .xml)");
}

TEST_CASE("labelme: everything it can say reads back, and the rest is named") {
  EveryKind kinds;
  REQUIRE_THROWS_WITH(write_dataset(kinds.dataset, kinds.files, kinds.out(), "labelme"),
                      "labelme cannot hold everything: 1 crowd (become ordinary objects), 1 ellipse (become "
                      "outlines), 1 ignore (lose the mark)");
  WriteOptions options{.allow_loss = {"all"}, .with_images = true};
  write_dataset(kinds.dataset, kinds.files, kinds.out(), "labelme", options);
  auto read = read_dataset(kinds.out(), "auto");
  REQUIRE(read.format == "labelme");
  REQUIRE(count_of(read.issues, Severity::error) == 0);
  REQUIRE(read.dataset.classes.names() == kinds.dataset.classes.names());
  REQUIRE(read.dataset.images.size() == 6);
  for (const auto& image : kinds.dataset.images) {
    CAPTURE(image.name);
    const auto* same = image_called(read.dataset, image.name);
    REQUIRE(same != nullptr);
    REQUIRE(same->split == image.split);
    REQUIRE(same->state == image.state);
    REQUIRE(same->tags == image.tags);
    REQUIRE(same->attributes == image.attributes);
    REQUIRE(same->annotations.size() == image.annotations.size());
    for (std::size_t i = 0; i < image.annotations.size(); ++i) {
      const auto& a = image.annotations[i];
      const auto& b = same->annotations[i];
      CAPTURE(i, kind_name(a.shape), kind_name(b.shape));
      REQUIRE(difference_of_marks(a, b).empty());
      const auto* ellipse = std::get_if<Ellipse>(&a.shape);
      if (ellipse != nullptr && ellipse->rx != ellipse->ry)
        REQUIRE(kind_name(b.shape) == "polygon");
      else
        REQUIRE(shape_difference(a.shape, b.shape) < 1e-9);
      if (std::holds_alternative<Box>(a.shape)) REQUIRE(b.shape == a.shape);
    }
  }
}

TEST_CASE("MIT LabelMe: deleted objects, parts, attributes, boxes and masks") {
  LabelFolder f;
  f.image("Images/set/b.jpg");
  f.remove("a.jpg");
  auto polygon = [](const std::string& id, const std::string& name, const std::string& more) {
    return "<object><name>" + name + "</name><deleted>0</deleted>" + more + "<id>" + id +
           "</id><polygon><username>ann</username><pt><x>3</x><y>4</y></pt><pt><x>8</x><y>4</y></"
           "pt><pt><x>8</x>"
           "<y>9</y></pt><pt><x>3</x><y>9</y></pt></polygon></object>\n";
  };
  f.write(
      "Annotations/set/b.xml",
      "<annotation><filename>b.jpg</filename><folder>set</folder><imagesize><nrows>48</nrows><ncols>64</"
      "ncols>"
      "</imagesize>\n" +
          polygon("0", "car",
                  "<occluded>yes</occluded><attributes>red, doors=4</attributes><parts><hasparts>1"
                  "</hasparts><ispartof/></parts>") +
          polygon("1", "wheel",
                  "<occluded>no</occluded><type>bounding_box</type><parts><hasparts/><ispartof>0"
                  "</ispartof></parts>") +
          "<object><name>gone</name><deleted>1</deleted></object>\n"
          "<object><name>sky</name><segm><box><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></box>"
          "<mask>none.png</mask></segm></object>\n"
          "<object><name>odd</name><polygon><pt><x>1</x><y>x</y></pt></polygon></object>\n</annotation>");
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(result.format == "labelme");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"car", "odd", "sky", "wheel"});
  REQUIRE(f.issues(result) ==
          std::vector<std::string>{
              "error BAD_SEGMENTATION Annotations/set/b.xml:5: the mask 'none.png' is not "
              "there; the box is used",
              "error BAD_NUMBER Annotations/set/b.xml:6: a point of odd is '1', 'x', not two "
              "finite numbers; left out"});
  REQUIRE(result.dataset.images.size() == 1);
  REQUIRE(result.dataset.images[0].name == "set/b.jpg");
  const auto& objects = result.dataset.images[0].annotations;
  REQUIRE(objects.size() == 3);
  REQUIRE(objects[0].occluded == 1.0);
  REQUIRE(objects[0].attributes ==
          std::map<std::string, std::string>{{"red", "true"}, {"doors", "4"}, {"username", "ann"}});
  REQUIRE(objects[0].group_id == 1);
  REQUIRE(kind_name(objects[0].shape) == "polygon");
  REQUIRE(objects[1].shape == Shape(Box{3, 4, 8, 9}));
  REQUIRE(objects[1].group_id == 1);
  REQUIRE(objects[2].shape == Shape(Box{1, 2, 5, 6}));
  REQUIRE(objects[2].group_id == std::nullopt);
  REQUIRE(result.notes.back() == "1 objects are marked as deleted and left out");
}

TEST_CASE("MIT LabelMe: the dataset of another project") {
  const std::string folder = "data/formats/datumaro/tests/assets/labelme_dataset";
  if (shared_is_absent(folder)) return;
  auto result = read_dataset(shared_folder() / folder, "auto");
  REQUIRE(result.format == "labelme");
  REQUIRE(result.dataset.images.size() == 1);
  const auto& image = result.dataset.images[0];
  REQUIRE(image.name == "subset1/img1.png");
  std::vector<std::string> kinds;
  for (const auto& a : image.annotations)
    kinds.push_back(result.dataset.classes[a.class_idx].name + " " + kind_name(a.shape) + " " +
                    std::to_string(a.group_id.value_or(0)));
  REQUIRE(kinds == std::vector<std::string>{"window polygon 0", "license plate mask 0", "o1 polygon 1",
                                            "q1 polygon 1", "b1 box 1", "m1 mask 2", "hg polygon 2"});
  REQUIRE(image.annotations[4].shape == Shape(Box{13, 19, 23, 30}));
  REQUIRE(image.annotations[2].attributes.at("a1") == "true");
  REQUIRE(image.annotations[2].occluded == 1.0);
}

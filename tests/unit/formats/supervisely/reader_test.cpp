// Supervisely: every shape of an image, tags, projects with several datasets.
#include <png.h>

#include "ds/media/synthetic_scene.h"
#include "ds/testing/packed.h"
#include "fixtures/format_fixture.h"
#include "fixtures/label_tools.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
using Texts = std::vector<std::string>;

namespace {

std::string base64(const std::string& bytes) {
  static const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

// A picture of 3x2 of which the first pixel and the last are inside.
std::string bitmap_of(png_uint_32 format, const std::vector<png_byte>& pixels,
                      const std::vector<png_byte>& colours = {}) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = 3;
  image.height = 2;
  image.format = format;
  image.colormap_entries = static_cast<png_uint_32>(colours.size() / 4);
  std::string bytes(4096, '\0');
  png_alloc_size_t size = bytes.size();
  REQUIRE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0,
                                    colours.empty() ? nullptr : colours.data()) != 0);
  bytes.resize(size);
  return base64(packed(bytes, kZlib));
}

const std::string kMeta = R"({"classes": [
  {"id": 7, "title": "cat", "shape": "any", "color": "#A5F5A5"},
  {"id": 8, "title": "body", "shape": "graph", "geometry_config": {"nodes": {
    "n1": {"label": "nose", "loc": [0, 0]}, "n2": {"label": "hand", "loc": [0, 1]}}, "edges": []}}],
  "tags": []})";

struct Project : LabelFolder {
  Project() {
    write("meta.json", kMeta);
    image("ds0/img/a.jpg");
    remove("a.jpg");
  }
  void annotate(const std::string& objects, const std::string& tags = "[]") {
    write("ds0/ann/a.jpg.json", R"({"description": "", "tags": )" + tags +
                                    R"(, "size": {"height": 48, "width": 64}, "objects": [)" + objects +
                                    "]}");
  }
  ReadResult read() const { return read_dataset(path(), "auto"); }
};

Shape one_shape(const std::string& object, const Texts& issues = {}) {
  Project project;
  project.annotate(R"({"classTitle": "cat", )" + object + "}");
  auto result = project.read();
  REQUIRE(project.issues(result) == issues);
  REQUIRE(result.dataset.annotation_count() == 1);
  return result.dataset.images[0].annotations[0].shape;
}

}  // namespace

TEST_CASE("supervisely: boxes, turned ones, outlines, lines, points and cuboids") {
  REQUIRE(
      one_shape(
          R"("geometryType": "rectangle", "points": {"exterior": [[30, 10], [10, 30.5]], "interior": []})") ==
      Shape(Box{10, 10, 30, 30.5}));
  REQUIRE(one_shape(R"("geometryType": "oriented_bbox", "points": [[10, 20], [30, 28]], "angle": 0.5)") ==
          Shape(RotatedBox{20, 24, 20, 8, 0.5 * 180 / 3.14159265358979323846}));
  REQUIRE(
      one_shape(
          R"("geometryType": "oriented_bbox", "points": {"exterior": [[10, 20], [30, 28]]}, "angle": 0)") ==
      Shape(Box{10, 20, 30, 28}));
  REQUIRE(
      one_shape(
          R"("geometryType": "polygon", "points": {"exterior": [[1, 1], [9, 1], [9, 7]], "interior": []})") ==
      Shape(Polygon{{{{1, 1}, {9, 1}, {9, 7}}}}));
  REQUIRE(one_shape(R"("geometryType": "line", "points": {"exterior": [[1, 1], [9, 3]], "interior": []})") ==
          Shape(Polyline{{{1, 1}, {9, 3}}}));
  REQUIRE(
      one_shape(
          R"("geometryType": "point", "points": {"exterior": [[5, 6]], "interior": []})",
          {"warning ZERO_SIZE_BOX ds0/ann/a.jpg.json: /objects/0: cat box [5, 6, 5, 6] of ds0/a.jpg has no width"}) ==
      Shape(KeyPoints{{{5, 6}}, {2}, {5, 6, 5, 6}}));
  REQUIRE(one_shape(R"("geometryType": "cuboid_2d", "vertices": {"0": {"loc": [5, 6]}, "1": {"loc": [15, 2]},
            "face": ["0"]})") == Shape(Box{5, 2, 15, 6}));
}

TEST_CASE("supervisely: a polygon's holes are cut out of its mask") {
  auto shape =
      one_shape(R"("geometryType": "polygon", "points": {"exterior": [[0, 0], [10, 0], [10, 10], [0, 10]],
      "interior": [[[2, 2], [6, 2], [6, 6], [2, 6]]]})");
  const auto& mask = std::get<RunLengthMask>(shape);
  REQUIRE(mask.width == 64);
  REQUIRE(mask.bounds() == Box{0, 0, 10, 10});
  REQUIRE(mask.area() == 100 - 16);
}

TEST_CASE("supervisely: bitmaps of a palette, of grey and with transparency, laid where they begin") {
  auto mask = [](const std::string& data) {
    return one_shape(R"("geometryType": "bitmap", "bitmap": {"origin": [5, 4], "data": ")" + data + "\"}");
  };
  // Column by column of 48 rows: (5,4) is pixel 5 * 48 + 4 = 244, (7,5) is 7 * 48 + 5 = 341.
  Shape expected = RunLengthMask{48, 64, {244, 1, 96, 1, 64 * 48 - 342}};
  REQUIRE(mask(bitmap_of(PNG_FORMAT_RGBA_COLORMAP, {1, 0, 0, 0, 0, 1}, {0, 0, 0, 0, 255, 255, 255, 255})) ==
          expected);
  REQUIRE(mask(bitmap_of(PNG_FORMAT_GRAY, {255, 0, 0, 0, 0, 1})) == expected);
  // Black where it is drawn: only the transparency says so.
  REQUIRE(mask(bitmap_of(PNG_FORMAT_GA, {0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9})) == expected);
}

TEST_CASE("supervisely: key points by the nodes of their class; hidden ones are not labelled") {
  Project project;
  project.annotate(
      R"({"classTitle": "body", "geometryType": "graph", "nodes": {"n2": {"loc": [5, 9]}, "n1": {"loc": [1, 2]}}},
         {"classId": 8, "geometryType": "graph", "nodes": {"n1": {"loc": [1, 2], "disabled": true}, "n2": {"loc": [3, 4]}}})");
  auto result = project.read();
  REQUIRE(project.issues(result) == Texts{"warning ZERO_SIZE_BOX ds0/ann/a.jpg.json: /objects/1: body box "
                                          "[3, 4, 3, 4] of ds0/a.jpg has no width"});
  REQUIRE(result.dataset.classes.names() == Texts{"cat", "body"});
  REQUIRE(result.dataset.classes[0].color == "#A5F5A5");
  REQUIRE(result.dataset.classes[1].key_points == Texts{"nose", "hand"});
  const auto& all = result.dataset.images[0].annotations;
  REQUIRE(all[0].shape == Shape(KeyPoints{{{1, 2}, {5, 9}}, {2, 2}, {1, 2, 5, 9}}));
  REQUIRE(all[1].shape == Shape(KeyPoints{{{0, 0}, {3, 4}}, {0, 2}, {3, 4, 3, 4}}));
  REQUIRE(all[1].class_idx == 1);
}

TEST_CASE("supervisely: tags are attributes and marks; datasets, splits, pictures nobody has looked at") {
  Project project;
  const std::string box =
      R"("geometryType": "rectangle", "points": {"exterior": [[1, 2], [3, 4]], "interior": []})";
  project.annotate(R"({"id": 12, "classTitle": "cat", "description": "asleep", "tags": [{"name": "colour",
                      "value": "red"}, {"name": "wet", "value": null}, {"name": "difficult"}], )" +
                       box + "}",
                   R"([{"name": "val", "value": null}, {"name": "weather", "value": "rain"}])");
  project.image("ds0/img/b.png");
  project.write("ds0/ann/b.png.json", R"({"tags": [], "size": {"height": 48, "width": 64}, "objects": []})");
  project.image("train/datasets/inner/img/c.jpg");
  project.write("train/datasets/inner/ann/c.json", R"({"size": {"height": 48, "width": 64}, "objects": [
                {"classTitle": "dog", )" + box + "}]}");
  project.image("train/img/d.jpg");
  auto detected = detect_format(project.path());
  REQUIRE(detected);
  REQUIRE(detected->name == "supervisely");
  REQUIRE(detected->evidence == "ds0/ann/a.jpg.json has the objects and the size of a picture");
  auto result = project.read();
  REQUIRE(project.issues(result) == Texts{});
  REQUIRE(result.dataset.images.size() == 4);
  const auto& a = image_named(result, "ds0/a.jpg");
  REQUIRE(a.split == Split::val);
  REQUIRE(a.state == ImageState::done);
  REQUIRE(a.attributes == std::map<std::string, std::string>{{"weather", "rain"}});
  REQUIRE(a.annotations[0].attributes ==
          std::map<std::string, std::string>{{"colour", "red"}, {"description", "asleep"}, {"wet", "true"}});
  REQUIRE(a.annotations[0].difficult);
  REQUIRE(a.annotations[0].provenance.original_id == "12");
  REQUIRE(image_named(result, "ds0/b.png").state == ImageState::unlabelled);
  REQUIRE(image_named(result, "train/inner/c.jpg").split == Split::train);
  REQUIRE(objects_of(result, "train/inner/c.jpg") == std::vector<Object>{{"dog", {1, 2, 2, 2}}});
  REQUIRE(image_named(result, "train/d.jpg").state == ImageState::unlabelled);
  auto negative = read_dataset(project.path(), "auto", {.empty_is_negative = true});
  REQUIRE(image_named(negative, "ds0/b.png").state == ImageState::done);
}

TEST_CASE("supervisely: what cannot be used has its place and costs no other") {
  Project project;
  project.annotate(
      R"({"classTitle": "cat", "geometryType": "rectangle", "points": {"exterior": [[1, 2]], "interior": []}},
         {"geometryType": "rectangle", "points": {"exterior": [[1, 2], [3, 4]], "interior": []}},
         {"classTitle": "cat", "geometryType": "rectangle", "points": {"exterior": [[1, "x"], [3, 4]], "interior": []}},
         {"classTitle": "cat", "geometryType": "bitmap", "bitmap": {"origin": [1, 2], "data": "bm8gcG5n"}},
         {"classTitle": "cat", "geometryType": "point_3d"},
         {"classTitle": "cat", "geometryType": "rectangle", "points": {"exterior": [[1, 2], [3, 4]], "interior": []}})");
  project.image("ds0/img/b.jpg");
  project.write("ds0/ann/b.jpg.json", "{\"objects\": [");
  project.write("ds0/ann/gone.jpg.json", R"({"size": {"height": 48, "width": 64}, "objects": []})");
  auto result = project.read();
  const std::string at = "ds0/ann/a.jpg.json: /objects/";
  auto issues = project.issues(result);
  REQUIRE(issues.size() == 7);
  REQUIRE(issues[0] == "error BAD_ROW " + at + "0: object (cat) has 1 points, needs 2; left out");
  REQUIRE(issues[1] == "error BAD_ROW " + at + "1: object (no class) has no classTitle; left out");
  REQUIRE(issues[2] ==
          "error BAD_NUMBER " + at +
              "2: object (cat) found [1,\"x\"], expected a point of two finite numbers; left out");
  REQUIRE(issues[3].starts_with("error BAD_SEGMENTATION " + at +
                                "3: object (cat) has a bitmap that cannot be read: its picture"));
  REQUIRE(issues[4] ==
          "error BAD_ROW " + at + "4: object (cat) is a 'point_3d', which is no shape on an image; left out");
  REQUIRE(issues[5].starts_with("error BAD_FILE ds0/ann/b.jpg.json:1:"));
  REQUIRE(issues[6] == "error MISSING_IMAGE ds0/ann/gone.jpg.json: 'gone.jpg' is not in img/");
  REQUIRE(image_named(result, "ds0/a.jpg").annotations.size() == 1);
  REQUIRE(image_named(result, "ds0/b.jpg").state == ImageState::review);
}

// VGG Image Annotator: projects, exported annotations of versions 1 and 2, tables.
#include "ds/base/hash.h"
#include "fixtures/label_tools.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;

std::string region(const std::string& shape, const std::string& attributes) {
  return R"({"shape_attributes": )" + shape + R"(, "region_attributes": )" + attributes + "}";
}

const std::string kRect = R"({"name": "rect", "x": 1, "y": 2, "width": 3, "height": 4})";

std::string entry(const std::string& name, const std::string& regions, const std::string& attributes = "{}") {
  return "\"" + name + R"(12345": {"filename": ")" + name + R"(", "size": 12345, "regions": )" + regions +
         R"(, "file_attributes": )" + attributes + "}";
}

ReadResult read(LabelFolder& f, const std::string& entries, const ReadOptions& options = {}) {
  f.write("via.json", "{" + entries + "}");
  auto result = read_dataset(f.path(), "auto", options);
  REQUIRE(result.format == "via");
  return result;
}

const std::vector<Annotation>& objects(const ReadResult& result) {
  return result.dataset.images.at(0).annotations;
}

}  // namespace

TEST_CASE("via: every shape becomes its shape") {
  LabelFolder f;
  auto shape = [&](const std::string& text) {
    auto result = read(f, entry("a.jpg", "[" + region(text, R"({"type": "cat"})") + "]"));
    REQUIRE(result.issues.size() == (text.find("point\"") == std::string::npos ? 0 : 1));
    return objects(result).at(0).shape;
  };
  REQUIRE(shape(kRect) == Shape(Box{1, 2, 4, 6}));
  REQUIRE(shape(R"({"name": "circle", "cx": 10, "cy": 11.5, "r": 4})") == Shape(Ellipse{10, 11.5, 4, 4, 0}));
  // theta is in radians
  REQUIRE(shape_difference(shape(R"({"name": "ellipse", "cx": 20, "cy": 20, "rx": 6, "ry": 4,
                                     "theta": 0.5235987755982988})"),
                           Ellipse{20, 20, 6, 4, 30}) < 1e-12);
  REQUIRE(shape(R"({"name": "polygon", "all_points_x": [1, 5, 5], "all_points_y": [1, 1, 5]})") ==
          Shape(Polygon{{{{1, 1}, {5, 1}, {5, 5}}}}));
  // Version 1 repeated the first point.
  REQUIRE(shape(R"({"name": "polygon", "all_points_x": [1, 5, 5, 1], "all_points_y": [1, 1, 5, 1]})") ==
          Shape(Polygon{{{{1, 1}, {5, 1}, {5, 5}}}}));
  REQUIRE(shape(R"({"name": "polyline", "all_points_x": [1, 5], "all_points_y": [1, 3]})") ==
          Shape(Polyline{{{1, 1}, {5, 3}}}));
  REQUIRE(shape(R"({"name": "point", "cx": 7, "cy": 8})") == Shape(KeyPoints{{{7, 8}}, {2}, {7, 8, 7, 8}}));
}

TEST_CASE("via: projects, exports and version 1's maps of regions are read alike") {
  LabelFolder f;
  auto list = "[" + region(kRect, R"({"class": "cat", "colour": "red"})") + "]";
  auto map = "{\"0\": " + region(kRect, R"({"class": "cat", "colour": "red"})") + "}";
  auto check = [&](const ReadResult& result) {
    REQUIRE(result.dataset.classes.names().back() == "cat");
    REQUIRE(objects(result).at(0).shape == Shape(Box{1, 2, 4, 6}));
    REQUIRE(objects(result).at(0).attributes == std::map<std::string, std::string>{{"colour", "red"}});
    REQUIRE(result.dataset.images[0].attributes == std::map<std::string, std::string>{{"weather", "rain"}});
    REQUIRE(result.dataset.images[0].state == ImageState::done);
  };
  auto attributes = R"({"weather": "rain", "caption": ""})";
  check(read(f, entry("a.jpg", list, attributes)));
  check(read(f, entry("a.jpg", map, attributes)));
  auto result = read(f, R"("_via_settings": {"core": {"default_filepath": "pictures/"}},
      "_via_attributes": {"region": {"class": {"type": "dropdown", "options": {"zebra": "", "ape": "", "cat": ""}}},
      "file": {}}, "_via_img_metadata": {)" +
                            entry("a.jpg", list, attributes) + "}");
  check(result);
  // The declared choices in their own order, also those nothing uses.
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"zebra", "ape", "cat"});
  REQUIRE(objects(result)[0].provenance.place == "/_via_img_metadata/a.jpg12345/regions/0");
}

TEST_CASE("via: the class is one attribute; checked boxes are several objects") {
  LabelFolder f;
  auto result =
      read(f, entry("a.jpg", "[" + region(kRect, R"({"label": {"cat": true, "dog": true, "cow": false},
                                       "occluded": "yes", "truncated": "somewhat"})") +
                                 "]"));
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"cat", "dog"});
  REQUIRE(objects(result).size() == 2);
  REQUIRE(objects(result)[0].shape == objects(result)[1].shape);
  REQUIRE(objects(result)[0].occluded == 1.0);
  REQUIRE(objects(result)[0].truncated == std::nullopt);
  REQUIRE(objects(result)[0].attributes == std::map<std::string, std::string>{{"truncated", "somewhat"}});
  REQUIRE(result.notes.back() == "the region attribute 'label' is the class; the others are attributes");
  // Nothing says a class anywhere.
  result = read(f, entry("a.jpg", "[" + region(kRect, "{}") + "]"));
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"object"});
  REQUIRE(result.notes.back() == "1 regions say no class; they are called 'object'");
}

TEST_CASE("via: one bad region does not discard its neighbours") {
  LabelFolder f;
  auto cat = R"({"name": "cat"})";
  auto result = read(
      f, entry("a.jpg",
               "[" + region(R"({"name": "rect", "x": 1, "y": "b", "width": 3, "height": 4})", cat) + "," +
                   region(R"({"name": "star"})", cat) + "," +
                   region(R"({"name": "polygon", "all_points_x": [1, 2, 3], "all_points_y": [1, 2]})", cat) +
                   "," + region(kRect, R"({"name": ""})") + "," + region(kRect, cat) + "]") +
             "," + entry("b.jpg", "[]"));
  REQUIRE(f.issues(result) == std::vector<std::string>{"error BAD_NUMBER via.json: /a.jpg12345/regions/0: y "
                                                       "of a rect is \"b\", not a finite number; left out",
                                                       "error BAD_ROW via.json: /a.jpg12345/regions/1: shape "
                                                       "'star' is none of rect, circle, ellipse, polygon, "
                                                       "polyline, point; left out",
                                                       "error BAD_ROW via.json: /a.jpg12345/regions/2: a "
                                                       "polygon needs as many x as y and at least 3, found 3 "
                                                       "and 2; left out",
                                                       "error BAD_ROW via.json: /a.jpg12345/regions/3: the "
                                                       "region's attribute 'name' says no class; left out",
                                                       "error MISSING_IMAGE via.json: /b.jpg12345: 'b.jpg' "
                                                       "is not there, and VIA does not say its size; say "
                                                       "with --images where the pictures are"});
  REQUIRE(result.dataset.annotation_count() == 1);
}

TEST_CASE("via: tables hold JSON in their cells") {
  LabelFolder f;
  f.image("b.jpg");
  f.write(
      "via_region_data.csv",
      "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"
      "a.jpg,12345,\"{\"\"weather\"\":\"\"rain\"\"}\",2,0,\"{\"\"name\"\":\"\"rect\"\",\"\"x\"\":1,\"\"y\"\":"
      "2,"
      "\"\"width\"\":3,\"\"height\"\":4}\",\"{\"\"class\"\":\"\"cat\"\"}\"\n"
      "a.jpg,12345,{},2,1,\"{\"\"name\"\":\",\"{\"\"class\"\":\"\"cat\"\"}\"\n"
      "b.jpg,12345,{},0,0,{},{}\n");
  auto result = read_dataset(f.path(), "auto");
  REQUIRE(result.format == "via");
  REQUIRE(f.issues(result) ==
          std::vector<std::string>{
              "error BAD_ROW via_region_data.csv:3: region_shape_attributes is '{\"name\":', not "
              "a JSON object; left out"});
  REQUIRE(result.dataset.images.size() == 2);
  REQUIRE(objects(result).size() == 1);
  REQUIRE(objects(result)[0].provenance.place == "2");
  REQUIRE(result.dataset.images[0].attributes.at("weather") == "rain");
  REQUIRE(result.dataset.images[1].state == ImageState::unlabelled);
}

TEST_CASE("via: images") {
  LabelFolder f;
  SECTION("without regions they are unlabelled unless asked otherwise") {
    REQUIRE(read(f, entry("a.jpg", "[]")).dataset.images[0].state == ImageState::unlabelled);
    REQUIRE(read(f, entry("a.jpg", "[]"), {.empty_is_negative = true}).dataset.images[0].state ==
            ImageState::done);
  }
  SECTION("named twice: the first counts") {
    auto result = read(f, entry("a.jpg", "[]") + "," + entry("x/a.jpg", "[]"));
    REQUIRE(f.issues(result) ==
            std::vector<std::string>{
                "warning DUPLICATE_IMAGE via.json: /x~1a.jpg12345: 'x/a.jpg' is named by another "
                "entry too; left out"});
    REQUIRE(result.dataset.images.size() == 1);
  }
  SECTION("inside the labels of version 1") {
    auto bytes = read_file(f.path("a.jpg"));
    f.remove("a.jpg");
    auto result = read(f, R"("a.jpg1": {"filename": "a.jpg", "fileref": "", "size": 1, "regions": {},
                            "base64_img_data": "data:image/jpeg;base64,)" +
                              base64_encode(bytes) + "\"}");
    REQUIRE(result.issues.empty());
    REQUIRE(image_bytes(result, 0) == bytes);
  }
  SECTION("their folder says the split") {
    f.image("train/c.jpg");
    f.remove("a.jpg");
    f.write("train/via_region_data.json", "{" + entry("c.jpg", "[]") + "}");
    REQUIRE(read_dataset(f.path(), "auto").dataset.images[0].split == Split::train);
  }
}

TEST_CASE("via: everything it can say reads back, and the rest is named") {
  EveryKind kinds;
  kinds.dataset.images[1].tags = {{0, true}, {1, false}, {2, true}};
  REQUIRE_THROWS_WITH(
      write_dataset(kinds.dataset, kinds.files, kinds.out(), "via"),
      "via cannot hold everything: 1 crowd (become ordinary objects), 1 ignore (lose the mark), 1 mask "
      "(become outlines), 1 parts (become regions that only ds takes for one object), 1 points (become "
      "their box, or one plain point), 2 rotated-box (become outlines)");
  write_dataset(kinds.dataset, kinds.files, kinds.out(), "via", {.allow_loss = {"all"}, .with_images = true});
  auto read_back = read_dataset(kinds.out(), "auto");
  REQUIRE(read_back.format == "via");
  REQUIRE(count_of(read_back.issues, Severity::error) == 0);
  REQUIRE(read_back.dataset.classes.names() == kinds.dataset.classes.names());
  REQUIRE(read_back.dataset.images.size() == 6);
  for (const auto& image : kinds.dataset.images) {
    CAPTURE(image.name);
    const auto* same = image_called(read_back.dataset, image.name);
    REQUIRE(same != nullptr);
    REQUIRE(same->name == image.name);
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
      if (std::holds_alternative<RotatedBox>(a.shape) || std::holds_alternative<RunLengthMask>(a.shape))
        REQUIRE(b.shape == Shape(Polygon{outline_of(a.shape)}));
      else if (const auto* points = std::get_if<KeyPoints>(&a.shape); points && points->points.size() > 1)
        REQUIRE(b.shape == Shape(points->box));
      else
        REQUIRE(shape_difference(a.shape, b.shape) < 1e-9);
      if (std::holds_alternative<Box>(a.shape)) REQUIRE(b.shape == a.shape);
    }
  }
}

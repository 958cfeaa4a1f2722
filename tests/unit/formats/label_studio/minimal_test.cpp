// Label Studio's smaller exports: JSON-MIN and CSV.
#include "ds/formats/label_studio/options.h"
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"
#include "fixtures/label_tools.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
using Texts = std::vector<std::string>;
using Attributes = std::map<std::string, std::string>;

namespace {

// 10 % of 64 is 6.4, 25 % of 48 is 12; 50 % and 50 % are 32 and 24.
const std::string kBox =
    R"({"x": 10.0, "y": 25.0, "width": 50.0, "height": 50.0, "rotation": 0, "rectanglelabels": ["raccoon"],
        "original_width": 64, "original_height": 48})";
const std::vector<Object> kRead = {{"raccoon", {6.4, 12, 32, 24}}};

std::string quoted(const std::string& text) {
  std::string all = "\"";
  for (char c : text) all += c == '"' ? "\"\"" : std::string(c == '\n' ? " " : std::string(1, c));
  return all + "\"";
}

}  // namespace

TEST_CASE("label-studio: JSON-MIN has the results beside the data; one record without is a negative") {
  LabelFolder data;
  data.image("b.jpg");
  data.write("project-1.json", R"([{"image": "/data/upload/1/8a1b2c3d-a.jpg", "id": 1, "label": [)" + kBox +
                                   R"(], "weather": "rain", "annotator": 1, "annotation_id": 1,
      "created_at": "2024-01-01", "updated_at": "2024-01-01", "lead_time": 3.5},
      {"image": "/data/upload/1/b.jpg", "id": 2, "annotator": 1, "annotation_id": 2, "lead_time": 1}])");
  auto detected = detect_format(data.path());
  REQUIRE(detected);
  REQUIRE(detected->name == "label-studio");
  REQUIRE(detected->evidence ==
          "project-1.json has an annotation_id and results for each task (JSON-MIN, CSV)");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(data.issues(result) == Texts{});
  REQUIRE(result.dataset.images.size() == 2);
  REQUIRE(objects_of(result, "a.jpg") == kRead);
  REQUIRE(image_named(result, "a.jpg").attributes == Attributes{{"weather", "rain"}});
  const auto& annotation = image_named(result, "a.jpg").annotations[0];
  REQUIRE(annotation.provenance.place == "/0/label/0");
  REQUIRE(image_named(result, "b.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "b.jpg").annotations.empty());
}

TEST_CASE("label-studio: JSON-MIN puts the pieces of a region together by their geometry") {
  LabelFolder data;
  const std::string place = R"("x": 10, "y": 25, "width": 50, "height": 50, "rotation": 0,
      "original_width": 64, "original_height": 48)";
  data.write("m.json", R"([{"image": "a.jpg", "id": 1, "annotator": "x@y.z", "annotation_id": 1,
      "box": [{)" + place + R"(}], "kind": [{)" +
                           place + R"(, "labels": ["cat"]}],
      "colour": [{)" + place +
                           R"(, "choices": ["red", "white"]}],
      "outline": [{"points": [[0, 0], [50, 0], [50, 50]], "closed": true, "polygonlabels": ["dog"],
                   "original_width": 64, "original_height": 48}],
      "people": [{"name": "somebody"}]}])");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(data.issues(result) == Texts{});
  const auto& image = image_named(result, "a.jpg");
  REQUIRE(image.annotations.size() == 2);
  REQUIRE(objects_of(result, "a.jpg") ==
          std::vector<Object>{{"cat", {6.4, 12, 32, 24}}, {"dog", {0, 0, 32, 24}}});
  REQUIRE(image.annotations[0].attributes == Attributes{{"colour", "red, white"}});
  REQUIRE(kind_name(image.annotations[1].shape) == "polygon");
  REQUIRE(image.attributes == Attributes{{"people", R"([{"name":"somebody"}])"}});
}

TEST_CASE("label-studio: of a task's annotations the latest counts, or the one that is asked for") {
  LabelFolder data;
  auto record = [](const std::string& annotator, const std::string& updated, const std::string& label) {
    return R"({"image": "a.jpg", "id": 5, "annotation_id": 1, "annotator": )" + annotator +
           R"(, "updated_at": ")" + updated +
           R"(", "label": [{"x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": [")" + label +
           "\"]}]}";
  };
  data.write("m.json", "[" + record("1", "2024-02-02", "new") + "," + record("2", "2024-01-01", "old") + "]");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(result.dataset.images.size() == 1);
  REQUIRE(objects_of(result, "a.jpg") == std::vector<Object>{{"new", {0, 0, 32, 24}}});
  result = read_dataset(data.path(), "auto", {.own = LabelStudioReading{.annotator = "2"}});
  REQUIRE(objects_of(result, "a.jpg") == std::vector<Object>{{"old", {0, 0, 32, 24}}});
}

TEST_CASE("label-studio: CSV, by commas and by tabs; a bad number has its line") {
  for (const std::string separator : {",", "\t"}) {
    CAPTURE(separator);
    LabelFolder data;
    auto row = [&](const Texts& cells) {
      std::string line;
      for (const auto& cell : cells) line += (line.empty() ? "" : separator) + quoted(cell);
      return line + "\n";
    };
    const Texts header = {"image", "id", "label", "annotator", "annotation_id", "created_at", "lead_time"};
    data.write("p.csv",
               row(header) + row({"/data/upload/1/a.jpg", "1", "[" + kBox + "]", "1", "7", "2024", "3"}));
    REQUIRE(detect_format(data.path())->name == "label-studio");
    auto result = read_dataset(data.path(), "auto");
    REQUIRE(data.issues(result) == Texts{});
    REQUIRE(objects_of(result, "a.jpg") == kRead);
    REQUIRE(image_named(result, "a.jpg").attributes == Attributes{});
    data.write("p.csv", row(header) + row({"a.jpg", "1", R"([{"x": "one", "y": 2, "width": 3, "height": 4,
        "rectanglelabels": ["cat"]}])",
                                           "1", "7", "2024", "3"}));
    REQUIRE(data.issues(read_dataset(data.path(), "auto")) ==
            Texts{"error BAD_NUMBER p.csv:2: found \"one\", expected a finite number; left out"});
  }
}

TEST_CASE(
    "label-studio: the full export counts where there is one, and other formats before the small ones") {
  LabelFolder data;
  data.write("min.json",
             R"([{"image": "a.jpg", "id": 1, "annotator": 1, "annotation_id": 1, "label": [)" + kBox + "]}]");
  data.write("full.json",
             R"([{"id": 1, "data": {"image": "a.jpg"}, "annotations": [{"id": 1, "result": []}]}])");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(result.dataset.images.size() == 1);
  REQUIRE(result.dataset.annotation_count() == 0);
  data.remove("full.json");
  data.write("coco.json", R"({"images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
                              "annotations": [], "categories": []})");
  REQUIRE(detect_format(data.path())->name == "coco");
}

// A COCO file is read element by element; that must not show.
#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
namespace fs = std::filesystem;

class Fixture {
 public:
  Fixture() {
    SceneOptions options{.images = 2, .width = 64, .height = 48};
    write_scene_images(options, folder_.path());
  }
  ReadResult read(const std::string& text) const {
    write_file_atomically(file(), text);
    return read_dataset(file(), "coco");
  }
  std::string error_of(const std::string& text) const {
    try {
      read(text);
    } catch (const FormatError& error) {
      auto message = std::string(error.what());
      return message.substr(message.find("x.json"));
    }
    return "none";
  }
  fs::path file() const { return folder_.path() / "x.json"; }

 private:
  TemporaryFolder folder_;
};

const std::string kImages =
    R"("images": [{"id": 7, "file_name": "scene_0000.jpg", "width": 64, "height": 48},
               {"id": 9, "file_name": "scene_0001.jpg", "width": 64, "height": 48}])";
const std::string kCategories = R"("categories": [{"id": 3, "name": "car"}, {"id": 1, "name": "dog"}])";

// Entries that may be taken for plain ones; `more` stands in each and must change nothing.
std::string annotations(const std::string& more) {
  std::vector<std::string> entries = {
      R"("id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3.5, 4], "area": 14, "iscrowd": 0)",
      R"("id": 2, "image_id": 9, "category_id": 1, "bbox": [1, 2, 30, 4], "area": 60, "iscrowd": 1)",
      R"("id": 3, "image_id": 9, "category_id": 1, "bbox": [1, 2, 0, 4], "segmentation": [])",
      R"("id": 4, "image_id": 7, "category_id": 1, "bbox": [60, 2, 10, 4])",
      R"("id": "5", "image_id": 7.0, "category_id": "1", "bbox": [1, "2", 3, 4])",
      R"("image_id": 9, "category_id": 3, "bbox": [1e0, 2, 3, 4.000000000000001], "area": 12)",
      R"("id": 7, "image_id": 8, "category_id": 3, "bbox": [1, 2, 3, 4])",
      R"("id": 8, "image_id": 7, "category_id": 2, "bbox": [1, 2, 3, 4])",
      R"("id": 9, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3])",
      R"("id": 10, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4, 5])",
      R"("id": 11, "image_id": 7, "category_id": 3, "bbox": [10, 10, 4, 4], "segmentation": [[10, 10, 14, 10, 12, 14]])",
      R"("id": 12, "image_id": 7, "image_id": 9, "category_id": 3, "bbox": [2, 2, 9, 9], "iscrowd": true)",
      R"("id": 13, "image_id": 7, "category_id": 3, "bbox": [9007199254740993, 2, 3, 4])"};
  std::string text = "\"annotations\": [3";
  for (const auto& entry : entries) text += ",\n {" + more + entry + "}";
  return text + "]";
}

}  // namespace

TEST_CASE("plain annotations are read as all others are") {
  Fixture f;
  auto plain = f.read("{" + kImages + ", " + kCategories + ", " + annotations("") + "}");
  auto other = f.read("{" + kImages + ", " + kCategories + ", " + annotations("\"x\": [{}], ") + "}");
  // Of 13 entries 4 are left out: no such image, no such category, boxes of 3 and of 5 numbers.
  REQUIRE(plain.dataset.annotation_count() == 9);
  REQUIRE(plain.dataset.images == other.dataset.images);
  REQUIRE(plain.issues.size() == other.issues.size());
  for (std::size_t i = 0; i < plain.issues.size(); ++i)
    REQUIRE(plain.issues[i].to_string() == other.issues[i].to_string());
  const auto& first = plain.dataset.images[0].annotations[0];
  REQUIRE(first.box() == Box{1, 2, 4.5, 6});
  REQUIRE(first.class_idx == 1);  // dog has the lower id
  REQUIRE(first.provenance == Provenance{"x.json", "/annotations/1", "1"});
  REQUIRE(first.area == std::nullopt);
  REQUIRE(plain.dataset.images[1].annotations[0].area == 60);  // not that of its box
}

TEST_CASE("the lists of a COCO file may stand in any order, after others and twice") {
  Fixture f;
  auto first = f.read("{" + kImages + ", " + kCategories + ", " + annotations("") + "}");
  auto turned = f.read("\xEF\xBB\xBF{\"info\": {\"a\": [1, {\"images\": 3}]}, \"annotations\": [1], " +
                       annotations("") + ", \"licenses\": [], " + kCategories + ", " + kImages + "} \n");
  REQUIRE(first.dataset.images == turned.dataset.images);
  REQUIRE(first.dataset.classes == turned.dataset.classes);
  REQUIRE(first.issues.size() == turned.issues.size());
  auto none = f.read("{" + kImages + ", " + kCategories + ", \"annotations\": null}");
  REQUIRE(none.dataset.annotation_count() == 0);
}

TEST_CASE("broken JSON is located wherever it is") {
  Fixture f;
  auto good = std::string(R"({"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]})");
  auto with = [&](const std::string& list, const std::string& tail = "}") {
    return "{" + kImages + ",\n" + kCategories + ",\n\"annotations\": [\n" + list + "]" + tail;
  };
  REQUIRE(f.error_of(with(good)) == "none");
  // Columns are those of the character that is wrong: `{"image_id" 7}` breaks at its 13th, the 7.
  REQUIRE_THAT(f.error_of(with(good + ",\n{\"image_id\" 7}")),
               Catch::Matchers::StartsWith("x.json:6:13: not valid JSON: "));
  REQUIRE_THAT(f.error_of(with(good + ",\n{\"x\": tru}")),
               Catch::Matchers::StartsWith("x.json:6:10: not valid JSON: "));
  REQUIRE_THAT(
      f.error_of(with(good + ",\n" + good + " " + good)),
      Catch::Matchers::StartsWith("x.json:6:" + std::to_string(good.size() + 2) + ": not valid JSON: "));
  REQUIRE_THAT(
      f.error_of(with(good, ", \"info\": {\"a\": nul}}")),
      Catch::Matchers::StartsWith("x.json:5:" + std::to_string(good.size() + 21) + ": not valid JSON: "));
}

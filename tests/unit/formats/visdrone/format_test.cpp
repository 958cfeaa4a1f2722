// VisDrone: eight numbers a row.
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"
#include "fixtures/label_tools.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
using Texts = std::vector<std::string>;

TEST_CASE("visdrone: boxes, what the benchmark ignores, truncation and occlusion, splits of folders' names") {
  LabelFolder data;
  data.image("VisDrone2019-DET-train/images/0000001.jpg");
  data.image("VisDrone2019-DET-train/images/0000002.jpg");
  data.image("VisDrone2019-DET-val/images/0000003.jpg");
  data.image("VisDrone2019-DET-val/images/0000004.jpg");
  data.write("VisDrone2019-DET-train/annotations/0000001.txt",
             "10,11,20,21,1,4,0,2\r\n1,2,3,4,0,0,0,0,\n5,6,7,8,0,1,1,0\n");
  data.write("VisDrone2019-DET-train/annotations/0000002.txt", "");
  data.write("VisDrone2019-DET-val/annotations/0000003.txt", "1,2,3,4,1,11,0,0\n");
  data.remove("a.jpg");
  auto detected = detect_format(data.path());
  REQUIRE(detected);
  REQUIRE(detected->name == "visdrone");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(data.issues(result) == Texts{});
  REQUIRE(result.dataset.classes.names() == Texts{"pedestrian", "people", "bicycle", "car", "van", "truck",
                                                  "tricycle", "awning-tricycle", "bus", "motor", "others",
                                                  "ignored regions"});
  const auto& first = image_named(result, "VisDrone2019-DET-train/0000001.jpg");
  REQUIRE(objects_of(result, first.name) == std::vector<Object>{{"car", {10, 11, 20, 21}},
                                                                {"ignored regions", {1, 2, 3, 4}},
                                                                {"pedestrian", {5, 6, 7, 8}}});
  REQUIRE(first.split == Split::train);
  REQUIRE(first.annotations[0].occluded == 2.0);
  REQUIRE(first.annotations[0].truncated == 0.0);
  REQUIRE(!first.annotations[0].ignore);
  REQUIRE(first.annotations[1].ignore);
  REQUIRE(first.annotations[2].ignore);
  REQUIRE(first.annotations[2].truncated == 1.0);
  REQUIRE(image_named(result, "VisDrone2019-DET-train/0000002.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "VisDrone2019-DET-val/0000003.jpg").split == Split::val);
  REQUIRE(image_named(result, "VisDrone2019-DET-val/0000004.jpg").state == ImageState::unlabelled);
}

TEST_CASE("visdrone: rows that cannot be used have their place; labels without a picture are named") {
  LabelFolder data;
  data.remove("a.jpg");
  data.image("images/a.jpg");
  data.write("annotations/a.txt", "1,2,3,4,1,4,0,0\n1,2,3,4,1,12,0,0\n1,2,3\n1,2,x,4,1,4,0,0\n");
  data.write("annotations/b.txt", "1,2,3,4,1,4,0,0\n");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(
      data.issues(result) ==
      Texts{"error UNKNOWN_CLASS annotations/a.txt:2: found category 12, expected 0 to 11; left out",
            "error BAD_ROW annotations/a.txt:3: found 3 numbers, expected left, top, width, height, score, "
            "category, truncation, occlusion; left out",
            "error BAD_NUMBER annotations/a.txt:4: width is 'x', not a finite number; left out",
            "error MISSING_IMAGE annotations/b.txt: b.png has no picture in images/, which alone knows its "
            "size; 1 rows are left out"});
  REQUIRE(objects_of(result, "a.jpg") == std::vector<Object>{{"car", {1, 2, 3, 4}}});
}

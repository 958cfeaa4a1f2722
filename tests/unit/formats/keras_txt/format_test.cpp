// Keras TXT: a list of pictures with their boxes, class names beside it.
#include "ds/base/error.h"
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"
#include "fixtures/label_tools.h"
#include "keras_txt/row.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
using Texts = std::vector<std::string>;

TEST_CASE("keras-txt: Roboflow's export of two splits that number their classes differently") {
  LabelFolder data;
  for (auto* name : {"train/a.jpg", "train/b.jpg", "train/not listed.jpg", "valid/c.jpg"}) data.image(name);
  data.write("train/_annotations.txt", "a.jpg 10,10,30,30,0 5,5,9,9,1\nb.jpg\n");
  data.write("train/_classes.txt", "cat\ndog\n");
  data.write("valid/_annotations.txt",
             "\xEF\xBB\xBF"
             "c.jpg 1,2,3.5,4,0\r\n\r\n");
  data.write("valid/_classes.txt", "dog\r\n");
  data.remove("a.jpg");
  auto detected = detect_format(data.path());
  REQUIRE(detected);
  REQUIRE(detected->name == "keras-txt");
  REQUIRE(detected->evidence ==
          "train/_annotations.txt has rows of a picture and its boxes x1,y1,x2,y2,class");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(data.issues(result) == Texts{});
  REQUIRE(result.dataset.classes.names() == Texts{"cat", "dog"});
  REQUIRE(result.dataset.images.size() == 4);
  REQUIRE(objects_of(result, "a.jpg") ==
          std::vector<Object>{{"cat", {10, 10, 20, 20}}, {"dog", {5, 5, 4, 4}}});
  REQUIRE(objects_of(result, "c.jpg") == std::vector<Object>{{"dog", {1, 2, 2.5, 2}}});
  REQUIRE(image_named(result, "a.jpg").split == Split::train);
  REQUIRE(image_named(result, "c.jpg").split == Split::val);
  // Listed without a box: somebody looked. Not listed: nobody did.
  REQUIRE(image_named(result, "b.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "not listed.jpg").state == ImageState::unlabelled);
}

TEST_CASE("keras-txt: keras-yolo3's list with paths, classes without a file, one list by itself") {
  LabelFolder data;
  data.image("pictures/my cat 1.jpg");
  data.write("2007_train.txt", "/home/somebody/pictures/my cat 1.jpg 1,2,30,40,3\n");
  auto result = read_dataset(data.path("2007_train.txt"), "auto");
  REQUIRE(result.format == "keras-txt");
  REQUIRE(result.dataset.classes.names() == Texts{"class_3"});
  REQUIRE(result.dataset.images.size() == 1);
  REQUIRE(result.dataset.images[0].annotations[0].box() == Box{1, 2, 30, 40});
  REQUIRE(result.dataset.images[0].split == Split::train);
  REQUIRE(result.notes.back() == "2007_train.txt: no _classes.txt, so classes are called by their numbers");
}

TEST_CASE("keras-txt: rows that cannot be used have their place and cost no other") {
  LabelFolder data;
  data.write("_classes.txt", "cat\n");
  data.write("_annotations.txt",
             "a.jpg 1,2,3,4,0 1,2,3,4,1 1,2,3,4\n"
             "a.jpg 1,2,x,4,0 1,2,3,4,0.5 5,6,7,8,0\n"
             "gone.jpg 1,2,3,4,0\n");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(
      data.issues(result) ==
      Texts{"error UNKNOWN_CLASS _annotations.txt:1: box '1,2,3,4,1': found class 1, expected one of the 1 "
            "in _classes.txt; left out",
            "error BAD_ROW _annotations.txt:1: box '1,2,3,4': found 4 numbers, expected x1,y1,x2,y2,class; "
            "left out",
            "error BAD_NUMBER _annotations.txt:2: box '1,2,x,4,0': 'x' is no finite number; left out",
            "error BAD_NUMBER _annotations.txt:2: box '1,2,3,4,0.5': class '0.5' is no number of a class; "
            "left out",
            "error MISSING_IMAGE _annotations.txt:3: 'gone.jpg' is not there"});
  REQUIRE(objects_of(result, "a.jpg") == std::vector<Object>{{"cat", {1, 2, 2, 2}}, {"cat", {5, 6, 2, 2}}});
  data.write("_classes.txt", "cat\n\ndog\n");
  REQUIRE_THROWS_WITH(read_dataset(data.path(), "auto"),
                      Catch::Contains("_classes.txt:2: found an empty line between class names"));
}

TEST_CASE("keras-txt: a list made of another dataset does not take its place") {
  LabelFolder data;
  data.write("train.txt", "a.jpg 10,10,30,30,0\n");
  data.write("classes.txt", "cat\n");
  REQUIRE(detect_format(data.path())->name == "keras-txt");
  data.write("a.txt", "0 0.5 0.5 0.1 0.1\n");
  REQUIRE(detect_format(data.path())->name == "darknet");
  data.write("a.xml",
             "<annotation><filename>a.jpg</filename><size><width>64</width><height>48</height></size>"
             "</annotation>");
  data.remove("a.txt");
  data.remove("classes.txt");
  REQUIRE(detect_format(data.path())->name == "voc");
}

TEST_CASE("keras-txt: where the name ends and the boxes begin") {
  auto row = [](const std::string& line) {
    auto parsed = detail::keras_row(line);
    Texts all = {parsed.picture};
    all.insert(all.end(), parsed.boxes.begin(), parsed.boxes.end());
    return all;
  };
  REQUIRE(row("a.jpg 1,2,3,4,5") == Texts{"a.jpg", "1,2,3,4,5"});
  REQUIRE(row("a b.jpg\t1,2,3,4,5  6,7,8,9,0") == Texts{"a b.jpg", "1,2,3,4,5", "6,7,8,9,0"});
  REQUIRE(row("my.jpg copy.jpg 1,2,3,4,5") == Texts{"my.jpg copy.jpg", "1,2,3,4,5"});
  REQUIRE(row("a.jpg") == Texts{"a.jpg"});
  REQUIRE(row("000012 1,2,3,4,5") == Texts{"000012", "1,2,3,4,5"});
  REQUIRE(!detail::begins_with_keras_row("0 0.5 0.5 0.1 0.1\n"));
  REQUIRE(!detail::begins_with_keras_row("images/a.jpg\nimages/b.jpg\n"));
  REQUIRE(!detail::begins_with_keras_row("a.jpg,1,2,3,4,cat\n"));
}

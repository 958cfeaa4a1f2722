#include "ds/labeling/class_edit.h"

#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

TEST_CASE("classes are added once") {
  LabelingProject folder;
  auto project = folder.as("ada");
  REQUIRE(add_classes(project, {"ring", "disc"}) == std::vector<std::string>{"ring"});
  REQUIRE(add_classes(project, {"ring", "disc"}).empty());
  REQUIRE(project.classes().list().names() == std::vector<std::string>{"disc", "square", "triangle", "ring"});
  REQUIRE(refusal([&] { add_classes(project, {" "}); }) == "a class needs a name");
}

TEST_CASE("colours are checked and set once") {
  LabelingProject folder;
  auto project = folder.as("ada");
  REQUIRE(color_class(project, "disc", "#FF8800"));
  REQUIRE(project.classes().list()[0].color == "#ff8800");
  REQUIRE(!color_class(project, "disc", "#ff8800"));
  REQUIRE(refusal([&] { color_class(project, "disc", "orange"); }) ==
          "'orange' is not a colour: expected #rrggbb");
}

TEST_CASE("renaming onto another class is refused, merging does that") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({LabelingProject::image(
      "a.jpg", ImageState::done,
      {LabelingProject::label(0, {1, 1, 5, 5}), LabelingProject::label(1, {2, 2, 6, 6})})});
  REQUIRE(refusal([&] { rename_class(project, "disc", "square"); }) ==
          "there is a class square already | to make them one: ds-label classes merge disc square");
  REQUIRE(refusal([&] { merge_classes(project, "disc", "disc"); }) == "disc cannot be merged into itself");
  REQUIRE(refusal([&] { merge_classes(project, "disk", "square"); }) ==
          "unknown class 'disk'; known: disc, square, triangle | did you mean 'disc'?");
  REQUIRE(merge_classes(project, "disc", "square") == 1);
  auto image = project.images().find("a.jpg");
  REQUIRE(image.annotations[0].class_idx == 0);
  REQUIRE(image.annotations[1].class_idx == 0);
  REQUIRE(rename_class(project, "square", "box"));
  REQUIRE(!rename_class(project, "box", "box"));
}

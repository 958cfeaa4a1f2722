#include "ds/labeling/annotate.h"

#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

AnnotationFields fields(const std::string& class_name, const std::string& box) {
  AnnotationFields result;
  result.class_name = class_name;
  result.shape.box = box;
  return result;
}

}  // namespace

TEST_CASE("adding an object twice adds it once") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({LabelingProject::image("a.jpg")});
  auto first = add_annotation(project, "a.jpg", fields("square", "1,2,3,4"));
  REQUIRE(first.added.size() == 1);
  REQUIRE(first.moved());
  REQUIRE(first.image.state == ImageState::working);
  REQUIRE(first.image.annotations.at(0).class_idx == 1);
  REQUIRE(first.image.annotations.at(0).source == Source::manual);

  auto again = add_annotation(project, "a.jpg", fields("square", "1,2,3,4"));
  REQUIRE(!again.changed());
  REQUIRE(again.image.revision == first.image.revision);
  REQUIRE(project.images().history(first.image.id).size() == 2);

  auto crowd = fields("square", "1,2,3,4");
  crowd.crowd = true;
  REQUIRE(refusal([&] { add_annotation(project, "a.jpg", crowd); }) ==
          "a.jpg: annotation 1 is this box already, with other flags | change it with ds-label annotate edit "
          "a.jpg "
          "1");
}

TEST_CASE("an unknown class names the known ones and the nearest") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({LabelingProject::image("a.jpg")});
  REQUIRE(refusal([&] { add_annotation(project, "a.jpg", fields("sqare", "1,2,3,4")); }) ==
          "unknown class 'sqare'; known: disc, square, triangle | did you mean 'square'?");
  REQUIRE(refusal([&] { add_annotation(project, "a.jpg", fields("", "1,2,3,4")); }) ==
          "the object's class is missing | --class NAME");
  REQUIRE(refusal([&] { add_annotation(project, "a.jpg", fields("square", "")); }) ==
          "the object's shape is missing | give --box x,y,w,h, --rotated-box or --polygon");
  REQUIRE(project.images().find("a.jpg").revision == 1);
}

TEST_CASE("an edit keeps what it does not name, and makes a proposal a label") {
  LabelingProject folder;
  auto project = folder.as("ada");
  auto proposal = LabelingProject::proposal(0, {1, 2, 30, 40}, .75);
  proposal.attributes = {{"colour", "red"}, {"side", "left"}};
  project.images().add({LabelingProject::image("a.jpg", ImageState::review, {proposal})});
  auto id = project.images().find("a.jpg").annotations.at(0).id;
  AnnotationFields change;
  change.class_name = "triangle";
  change.difficult = true;
  change.attributes = {{"colour", ""}, {"shade", "dark"}};
  auto result = edit_annotation(project, "a.jpg", id, change);
  REQUIRE(result.edited == std::vector{id});
  const auto& edited = result.image.annotations.at(0);
  REQUIRE(edited.class_idx == 2);
  REQUIRE(edited.shape == Shape(Box{1, 2, 30, 40}));
  REQUIRE(edited.difficult);
  REQUIRE(!edited.proposal);
  REQUIRE(edited.model_id == "m-1");
  REQUIRE(edited.attributes == std::map<std::string, std::string>{{"shade", "dark"}, {"side", "left"}});
  REQUIRE(result.image.state == ImageState::review);
  REQUIRE(!edit_annotation(project, "a.jpg", id, change).changed());
}

TEST_CASE("objects are removed by id, by class, or all") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({LabelingProject::image(
      "a.jpg", ImageState::working,
      {LabelingProject::label(0, {1, 1, 9, 9}), LabelingProject::label(1, {2, 2, 9, 9}),
       LabelingProject::label(1, {3, 3, 9, 9})})});
  REQUIRE(refusal([&] {
            remove_annotations(project, "a.jpg", {{7}, "", false});
          }) == "a.jpg has no annotation 7; it has 1, 2, 3");
  REQUIRE(refusal([&] { remove_annotations(project, "a.jpg", {}); }) ==
          "say which annotations to remove: their ids, --class NAME, or --all");
  REQUIRE(remove_annotations(project, "a.jpg", {{1}, "", false}).removed == std::vector<std::int64_t>{1});
  REQUIRE(remove_annotations(project, "a.jpg", {{}, "square", false}).removed ==
          std::vector<std::int64_t>{2, 3});
  REQUIRE(!remove_annotations(project, "a.jpg", {{}, "", true}).changed());
  REQUIRE(refusal([&] {
            remove_annotations(project, "a.jpg", {{1}, "", false});
          }) == "a.jpg has no annotation 1; it has none");
}

TEST_CASE("two people on one image: the second is told, and nothing is lost") {
  LabelingProject folder;
  auto ada = folder.as("ada");
  auto bob = folder.as("bob");
  ada.images().add({LabelingProject::image("a.jpg")});
  add_annotation(ada, "a.jpg", fields("disc", "1,1,5,5"), {"", 1});
  auto text = refusal<Busy>([&] { add_annotation(bob, "a.jpg", fields("disc", "20,20,5,5"), {"", 1}); });
  REQUIRE(text.starts_with("image 'a.jpg' has changed: revision 1 expected, 2 found; last changed by ada"));
  REQUIRE(bob.images().find("a.jpg").annotations.size() == 1);
}

TEST_CASE("attributes are KEY=VALUE") {
  REQUIRE(parse_attributes({"a=1", "b=", "c=x=y"}) ==
          std::map<std::string, std::string>{{"a", "1"}, {"b", ""}, {"c", "x=y"}});
  REQUIRE(refusal([] { parse_attributes({"colour"}); }) == "attribute 'colour' is not KEY=VALUE");
}

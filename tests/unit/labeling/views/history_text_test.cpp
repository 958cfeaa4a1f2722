#include "ds/labeling/history_text.h"

#include "ds/labeling/annotate.h"
#include "ds/labeling/workflow.h"
#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;

TEST_CASE("history says what changed") {
  LabelingProject folder;
  auto project = folder.as("ada");
  auto id = project.images().add({LabelingProject::image("a.jpg")}).ids.at(0);
  AnnotationFields fields;
  fields.class_name = "disc";
  fields.shape.box = "1,1,5,5";
  auto added = add_annotation(project, "a.jpg", fields).added.at(0);
  fields.class_name = "square";
  fields.shape.box = "";
  edit_annotation(project, "a.jpg", added, fields);
  remove_annotations(project, "a.jpg", {{added}, "", false});
  project.images().undo(id);
  auto history = project.images().history(id);
  REQUIRE(history.size() == 5);
  REQUIRE(describe_change(history[3]) == "+1 annotations, state unlabelled -> working");
  REQUIRE(describe_change(history[2]) == "~1 annotations");
  REQUIRE(describe_change(history[1]) == "-1 annotations");
  REQUIRE(describe_change(history[0]) == "takes back " + std::to_string(history[1].id) + ", +1 annotations");
}

TEST_CASE("an entry without states has nothing to say") {
  REQUIRE(describe_change({}) == "");
}

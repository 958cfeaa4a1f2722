#include "ds/project/class_store.h"

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

TEST_CASE("classes keep their ids through renames and new orders") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto& classes = project.classes();
  REQUIRE(classes.list().names() == std::vector<std::string>{"cat", "dog", "bird"});
  auto fish = classes.add("fish", "#102030", "animal");
  REQUIRE(fish.id == 4);
  classes.rename("dog", "hound");
  classes.reorder({"fish", "bird", "cat", "hound"});
  classes.set_color("cat", "#ff0000");
  auto list = classes.list();
  REQUIRE(list.names() == std::vector<std::string>{"fish", "bird", "cat", "hound"});
  REQUIRE(list[0] == ClassInfo{4, "fish", "#102030", "animal"});
  REQUIRE(list[3].id == 2);
  REQUIRE(list[2].color == "#ff0000");
  auto reopened = fixture.open();
  REQUIRE(reopened.classes().list() == list);
  auto entry = project.images().history(0, 2).back();
  REQUIRE(entry.before == R"({"order":["cat","hound","bird","fish"]})");
  REQUIRE(entry.after == R"({"order":["fish","bird","cat","hound"]})");
}

TEST_CASE("annotations follow their class by id when the order changes") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a", {box_annotation(0, {0, 0, 1, 1})}));
  project.classes().reorder({"bird", "dog", "cat"});
  REQUIRE(project.images().get(id).annotations[0].class_idx == 2);
}

TEST_CASE("classes are refused with the reason") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto& classes = project.classes();
  add_with_bytes(project, plain_image("a", {box_annotation(0, {0, 0, 1, 1})}));
  REQUIRE(message_of<UsageError>([&] { classes.add("cat"); }) == "class 'cat' is there already");
  REQUIRE(message_of<UsageError>([&] { classes.add(""); }) == "a class needs a name");
  REQUIRE(message_of<UsageError>([&] { classes.add("x", "red"); }) ==
          "'red' is not a colour; write it as #rrggbb");
  REQUIRE(message_of<UsageError>([&] { classes.rename("cat", "dog"); }) == "class 'dog' is there already");
  REQUIRE(message_of<UsageError>([&] { classes.rename("cta", "x"); }) ==
          "unknown class 'cta'; known: cat, dog, bird");
  REQUIRE(message_of<UsageError>([&] { classes.remove("cat"); }) == "class 'cat' has 1 annotations");
  REQUIRE(message_of<UsageError>([&] { classes.merge("cat", "cat"); }) ==
          "class 'cat' cannot be merged into itself");
  REQUIRE(message_of<UsageError>([&] {
            classes.reorder({"cat", "dog"});
          }) == "class 'bird' is missing in the new order");
  REQUIRE(message_of<UsageError>([&] {
            classes.reorder({"cat", "dog", "dog"});
          }) == "class 'dog' is given twice");
  REQUIRE(classes.list().names() == std::vector<std::string>{"cat", "dog", "bird"});
}

TEST_CASE("a merge moves the annotations and the counts, with one entry an image") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto cat = box_annotation(0, {0, 0, 1, 1}), dog = box_annotation(1, {0, 0, 2, 2});
  auto a = add_with_bytes(project, plain_image("a", {cat, dog, dog}));
  auto b = add_with_bytes(project, plain_image("b", {cat}));
  REQUIRE(project.classes().merge("dog", "cat") == 2);
  REQUIRE(project.classes().list().names() == std::vector<std::string>{"cat", "bird"});
  auto counts = project.images().counts();
  REQUIRE(counts.classes[0].annotations == 4);
  REQUIRE(counts.classes[0].images == 2);
  REQUIRE(project.images().get(a).revision == 2);
  REQUIRE(project.images().get(b).revision == 1);
  REQUIRE(project.images().history(a)[0].comment == "merged dog into cat");
  REQUIRE(problems_of(project) == "");
  // The name is free again, for a class of another id.
  REQUIRE(project.classes().add("dog").id == 4);
}

TEST_CASE("a class goes with its annotations when that is asked for") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(
      project, plain_image("a", {box_annotation(0, {0, 0, 1, 1}), box_annotation(1, {0, 0, 2, 2})}));
  REQUIRE(project.classes().remove("cat", true) == 1);
  auto image = project.images().get(id);
  REQUIRE(image.annotations.size() == 1);
  REQUIRE(image.annotations[0].class_idx == 0);  // dog is the first class now
  REQUIRE(project.classes().remove("bird") == 0);
  REQUIRE(project.classes().list().names() == std::vector<std::string>{"dog"});
  REQUIRE(problems_of(project) == "");
}

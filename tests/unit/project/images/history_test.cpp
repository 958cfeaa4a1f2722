#include <cstdlib>

#include "ds/project/image_store.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

std::vector<std::string> actions_of(const std::vector<JournalEntry>& entries) {
  std::vector<std::string> actions;
  for (const auto& entry : entries) actions.push_back(entry.action);
  return actions;
}

}  // namespace

TEST_CASE("every edit is one journal entry with who, when, what, before and after") {
  setenv("DS_FAKE_NOW", "2026-11-22T09:30:05Z", 1);
  ProjectFixture fixture;
  auto project = fixture.open("ann");
  auto id = add_with_bytes(
      project, plain_image("a", {box_annotation(0, {0, 0, 1, 1}), box_annotation(1, {0, 0, 2, 2})}));
  auto list = project.images().get(id).annotations;
  list[0].shape = Box{0, 0, 1.5, 1};
  list.push_back(box_annotation(2, {3, 3, 4, 4}));
  project.images().edit(id, {.comment = "tighter", .state = ImageState::review, .annotations = list});
  auto entries = project.images().history(id);
  REQUIRE(actions_of(entries) == std::vector<std::string>{"annotate", "add-image"});
  REQUIRE(entries[0].user == "ann");
  REQUIRE(entries[0].tool == "test");
  REQUIRE(entries[0].time == "2026-11-22T09:30:05.000Z");
  REQUIRE(entries[0].comment == "tighter");
  REQUIRE(entries[0].revision == 2);
  REQUIRE(
      entries[0].before ==
      R"({"annotations":[{"class":"cat","class_id":1,"id":1,"shape":{"box":[0,0,1,1]}}],"state":"done"})");
  REQUIRE(entries[0].after ==
          R"({"annotations":[{"class":"cat","class_id":1,"id":1,"shape":{"box":[0,0,1.5,1]}},)"
          R"({"class":"bird","class_id":3,"id":3,"shape":{"box":[3,3,4,4]}}],"state":"review"})");
  REQUIRE(entries[1].before == "{}");
  REQUIRE(entries[1].after == R"({"annotation_ids":[1,2],"name":"a","sha256":")" + sha256_hex("a") +
                                  R"(","split":"none","state":"done"})");
  REQUIRE(project.images().history(id, 1).size() == 1);
  REQUIRE(project.images().history(0, 1)[0].id == entries[0].id);
  unsetenv("DS_FAKE_NOW");
}

TEST_CASE("undo takes back one entry after the other, and is an entry itself") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto cat = box_annotation(0, {0, 0, 1, 1});
  cat.attributes = {{"k", "v"}};
  cat.provenance = {"f", "p", "o"};
  auto id = add_with_bytes(project, plain_image("a", {cat}));
  auto original = project.images().get(id);
  project.images().edit(id, {.annotations = std::vector<Annotation>{}});
  project.images().edit(id, {.action = "status", .state = ImageState::working});
  project.images().edit(id, {.action = "review", .comment = "only words"});
  project.images().edit(id, {.action = "assign", .assignee = "bob"});

  auto undone = project.images().undo(id);
  REQUIRE(undone.action == "undo");
  REQUIRE(undone.comment == "takes back assign by ann");
  REQUIRE(undone.before == R"({"assignee":"bob"})");
  REQUIRE(undone.after == R"({"assignee":""})");
  REQUIRE(project.images().get(id).assignee == "");
  project.images().undo(id);
  REQUIRE(project.images().get(id).state == ImageState::done);
  project.images().undo(id);
  auto back = project.images().get(id);
  REQUIRE(back.annotations == original.annotations);  // with its old id
  REQUIRE(back.revision == 7);                        // 1 + three changes + three undone
  REQUIRE(message_of<UsageError>([&] { project.images().undo(id); }) ==
          "there is nothing to take back on image 'a'");
  REQUIRE(project.images().counts().annotations == 1);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("after an undo a new edit can be taken back, and then the older ones") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a"));
  project.images().edit(id, {.assignee = "one"});
  project.images().edit(id, {.assignee = "two"});
  project.images().undo(id);
  REQUIRE(project.images().get(id).assignee == "one");
  project.images().edit(id, {.assignee = "three"});
  project.images().undo(id);
  REQUIRE(project.images().get(id).assignee == "one");
  project.images().undo(id);
  REQUIRE(project.images().get(id).assignee == "");
}

TEST_CASE("undo reaches over a merge of classes, and refuses where a class is gone") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a"));
  project.images().edit(id, {.annotations = {{box_annotation(1, {0, 0, 1, 1})}}});  // a dog
  project.classes().merge("dog", "cat");
  auto now = project.images().get(id);
  REQUIRE(now.annotations[0].class_idx == 0);
  REQUIRE(now.revision == 3);
  REQUIRE(project.images().history(id)[0].action == "class");
  project.images().undo(id);  // the annotation, not the merge
  REQUIRE(project.images().get(id).annotations.empty());

  project.images().edit(
      id, {.annotations = {{box_annotation(1, {0, 0, 1, 1})}}});  // a bird: classes are cat, bird
  project.images().edit(id, {.annotations = std::vector<Annotation>{}});
  project.classes().remove("bird");
  REQUIRE(message_of<UsageError>([&] { project.images().undo(id); }) ==
          "cannot take this back: class 'bird' has been removed since");
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("activity counts what each user did on each day") {
  ProjectFixture fixture;
  setenv("DS_FAKE_NOW", "2026-11-22T23:59:59Z", 1);
  auto ann = fixture.open("ann"), bob = fixture.open("bob");
  auto id = add_with_bytes(ann, plain_image("a"));
  bob.images().edit(id, {.action = "assign", .assignee = "ann"});
  setenv("DS_FAKE_NOW", "2026-11-23T00:00:01Z", 1);
  ann.images().edit(id, {.annotations = {{box_annotation(0, {0, 0, 1, 1})}}});
  ann.images().edit(id, {.annotations = {{box_annotation(1, {0, 0, 1, 1})}}});
  unsetenv("DS_FAKE_NOW");
  auto rows = ann.images().activity();
  REQUIRE(rows.size() == 3);  // the classes are not about an image
  REQUIRE((rows[0].user == "ann" && rows[0].day == "2026-11-22" && rows[0].action == "add-image"));
  REQUIRE((rows[1].day == "2026-11-23" && rows[1].action == "annotate" && rows[1].entries == 2));
  REQUIRE(rows[1].last == "2026-11-23T00:00:01.000Z");
  REQUIRE((rows[2].user == "bob" && rows[2].action == "assign" && rows[2].entries == 1));
  REQUIRE(ann.images().counts().states_of_assignee.at("ann").at("done") == 1);
}

TEST_CASE("blame names who last changed each annotation") {
  ProjectFixture fixture;
  auto ann = fixture.open("ann"), bob = fixture.open("bob");
  auto id = add_with_bytes(
      ann, plain_image("a", {box_annotation(0, {0, 0, 1, 1}), box_annotation(0, {0, 0, 2, 2})}));
  auto list = bob.images().get(id).annotations;
  list[1].class_idx = 1;
  list.push_back(box_annotation(2, {0, 0, 3, 3}));
  bob.images().edit(id, {.annotations = list});
  auto blame = ann.images().blame(id);
  REQUIRE(blame.size() == 3);
  REQUIRE(blame.at(1).user == "ann");
  REQUIRE(blame.at(1).action == "add-image");
  REQUIRE(blame.at(2).user == "bob");
  REQUIRE(blame.at(3).user == "bob");
  REQUIRE(blame.at(3).action == "annotate");
}

#include "ds/project/snapshot_restore.h"

#include "ds/project/snapshot_diff.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

namespace {

Annotation cat(double x) {
  return box_annotation(0, {x, 0, x + 10, 10});
}
Annotation dog(double x) {
  return box_annotation(1, {x, 0, x + 10, 10});
}

Image in(Image image, Split split, const std::string& group = {}) {
  image.split = split;
  image.group = group;
  return image;
}

/// Four images with bytes, and a snapshot of them.
struct Restorable {
  ProjectFixture fixture;
  Project project = fixture.open();
  std::vector<std::int64_t> ids;
  SnapshotRecord snapshot;

  Restorable() {
    auto tagged = in(plain_image("d"), Split::test);
    tagged.tags = {{2, false}};
    tagged.attributes = {{"k", "v"}};
    for (const auto& image :
         {in(plain_image("a", {cat(0), dog(50)}), Split::train), in(plain_image("b", {cat(0)}), Split::val),
          in(plain_image("c", {dog(0)}), Split::train, "g"), tagged})
      ids.push_back(add_with_bytes(project, image));
    snapshot = project.snapshots().create({});
  }
  RestoreReport restore(OtherImages others = OtherImages::keep) {
    return project.snapshots().restore(snapshot.id, {.others = others});
  }
  std::string id_now() { return project.snapshots().create({}).id; }
};

}  // namespace

TEST_CASE("what was edited since is put back, and the same snapshot comes out") {
  Restorable r;
  auto a = r.project.images().get(r.ids[0]);
  auto moved = a.annotations;
  moved[0].shape = Box{2, 0, 12, 10};
  auto proposal = cat(300);
  proposal.proposal = true;
  moved.push_back(proposal);
  r.project.images().edit(r.ids[0], {.state = ImageState::review, .annotations = moved});
  r.project.images().edit(r.ids[3], {.split = Split::train,
                                     .tags = std::vector<ImageTag>{},
                                     .attributes = std::map<std::string, std::string>{}});
  r.project.images().edit(r.ids[2], {.group = "h"});
  auto report = r.restore();
  REQUIRE(report.changed == 3);
  REQUIRE(report.unchanged == 1);
  REQUIRE(!report.classes_changed);
  REQUIRE(r.id_now() == r.snapshot.id);
  auto back = r.project.images().get(r.ids[0]);
  REQUIRE(back.annotations[0] == a.annotations[0]);  // with its id
  REQUIRE(back.annotations[2].proposal);             // no business of a snapshot
  auto entry = r.project.images().history(r.ids[0], 1).front();
  REQUIRE(entry.action == "restore");
  REQUIRE(entry.comment == "snapshot " + r.snapshot.id);
  r.project.images().undo(r.ids[0]);
  REQUIRE(r.project.images().get(r.ids[0]).state == ImageState::review);
  REQUIRE(r.project.images().get(r.ids[0]).annotations[0].box() == Box{2, 0, 12, 10});
  REQUIRE(problems_of(r.project) == "");
}

TEST_CASE("a second restore changes nothing") {
  Restorable r;
  r.project.images().edit(r.ids[1], {.annotations = std::vector<Annotation>{}});
  r.restore();
  auto entries = r.project.images().history().size();
  REQUIRE(r.restore().unchanged == 4);
  REQUIRE(r.project.images().history().size() == entries);
}

TEST_CASE("removed images come back while their bytes are there, with their origin") {
  Restorable r;
  auto with_origin = in(plain_image("e", {cat(5)}), Split::train);
  with_origin.origin = "from/here.jpg";
  auto id = add_with_bytes(r.project, with_origin);
  r.snapshot = r.project.snapshots().create({});
  r.project.images().remove({id, r.ids[2]});
  auto report = r.restore();
  REQUIRE(report.brought_back == 2);
  REQUIRE(r.id_now() == r.snapshot.id);
  REQUIRE(r.project.images().find("e").origin == "from/here.jpg");
  REQUIRE(r.project.images().find("c").group == "g");
  REQUIRE(r.project.images().find("e").id != id);
  REQUIRE(problems_of(r.project) == "");
}

TEST_CASE("images without bytes are named, and nothing is changed") {
  Restorable r;
  r.project.images().edit(r.ids[1], {.annotations = std::vector<Annotation>{}});
  r.project.images().remove({r.ids[0], r.ids[2]});
  fs::remove(r.project.media().path_of(sha256_hex("a")));
  fs::remove(r.project.media().path_of(sha256_hex("c")));
  REQUIRE(message_of<DataError>([&] { r.restore(); }) ==
          "the bytes of 2 of 4 images of snapshot " + r.snapshot.id + " are gone: a, c");
  REQUIRE(r.project.images().get(r.ids[1]).annotations.empty());
  REQUIRE(r.project.images().count() == 2);
}

TEST_CASE("other images stay and wait for review, or are removed") {
  for (auto others : {OtherImages::keep, OtherImages::remove}) {
    Restorable r;
    auto late = add_with_bytes(r.project, in(plain_image("late", {cat(0)}), Split::val, "g2"));
    auto unlabelled = in(plain_image("raw"), Split::train);
    unlabelled.state = ImageState::unlabelled;
    auto raw = add_with_bytes(r.project, unlabelled);
    auto follower = add_with_bytes(r.project, in(plain_image("follower", {dog(0)}), Split::val, "g"));
    REQUIRE_THROWS(r.id_now());  // g straddles
    auto report = r.restore(others);
    REQUIRE(r.id_now() == r.snapshot.id);
    if (others == OtherImages::remove) {
      REQUIRE(report.removed == 3);
      REQUIRE(r.project.images().count() == 4);
    } else {
      REQUIRE(report.set_aside == 2);
      REQUIRE(report.moved == 1);
      REQUIRE(r.project.images().get(late).state == ImageState::review);
      REQUIRE(r.project.images().get(late).annotations.size() == 1);
      REQUIRE(r.project.images().get(raw).state == ImageState::unlabelled);
      REQUIRE(r.project.images().get(follower).split == Split::train);  // as c, which is in the snapshot
    }
    REQUIRE(problems_of(r.project) == "");
  }
}

TEST_CASE("other bytes under a name of the snapshot are in the way unless they are removed") {
  Restorable r;
  r.project.images().remove({r.ids[1]});
  auto other = in(plain_image("b", {dog(7)}), Split::train);
  other.sha256 = r.project.media().put("other", "jpg");
  r.project.images().add({other});
  REQUIRE(message_of<DataError>([&] { r.restore(); }) ==
          "1 of 4 images of snapshot " + r.snapshot.id + " have other bytes under their name now: b");
  REQUIRE(r.restore(OtherImages::remove).removed == 1);
  REQUIRE(r.project.images().find("b").sha256 == sha256_hex("b"));
  REQUIRE(r.id_now() == r.snapshot.id);
}

TEST_CASE("classes get their order, names and places back; merged and removed ones return") {
  Restorable r;
  r.project.classes().rename("cat", "feline");
  r.project.classes().reorder({"bird", "dog", "feline"});
  r.project.classes().merge("dog", "feline");
  r.project.classes().remove("bird", true);
  r.project.classes().add("van");
  auto report = r.restore();
  REQUIRE(report.classes_changed);
  REQUIRE(report.classes_retired == std::vector<std::string>{"van"});
  REQUIRE(r.project.classes().list().names() == std::vector<std::string>{"cat", "dog", "bird"});
  REQUIRE(r.project.classes().list()[1].id == 2);
  REQUIRE(r.id_now() == r.snapshot.id);
  REQUIRE(problems_of(r.project) == "");
}

TEST_CASE("names that went round in a circle, and a new class of an old name") {
  Restorable r;
  r.project.classes().rename("cat", "x");
  r.project.classes().rename("dog", "cat");
  r.project.classes().rename("x", "dog");
  r.project.classes().remove("bird", true);
  r.project.classes().add("bird");  // another id
  r.restore();
  REQUIRE(r.id_now() == r.snapshot.id);
  REQUIRE(r.project.classes().list()[0].id == 1);
  REQUIRE(r.project.classes().list()[2].id == 4);  // the one of that name serves
  r.project.classes().rename("cat", "feline");
  r.project.classes().add("cat");  // unused, and in the way of the name
  REQUIRE(r.restore().classes_retired == std::vector<std::string>{"cat #5"});
  REQUIRE(r.id_now() == r.snapshot.id);
}

TEST_CASE("a class that other images need is not taken from them") {
  Restorable r;
  r.project.classes().add("van");
  add_with_bytes(r.project, in(plain_image("late", {box_annotation(3, {0, 0, 9, 9})}), Split::train));
  REQUIRE(message_of<UsageError>([&] { r.restore(); }) ==
          "snapshot " + r.snapshot.id + " has no class 'van', which 1 images use: late");
  REQUIRE(r.project.classes().list().size() == 4);
  r.restore(OtherImages::remove);
  REQUIRE(r.id_now() == r.snapshot.id);
}

TEST_CASE("a filtered snapshot leaves alone what its filter does not choose") {
  Restorable r;
  auto filter = Filter::parse("class=cat");
  r.snapshot = r.project.snapshots().create({.where = filter});
  auto late_dog = add_with_bytes(r.project, in(plain_image("late dog", {dog(0)}), Split::train));
  auto late_cat = add_with_bytes(r.project, in(plain_image("late cat", {cat(0)}), Split::train));
  auto report = r.restore();
  REQUIRE(report.set_aside == 1);
  REQUIRE(r.project.images().get(late_dog).state == ImageState::done);
  REQUIRE(r.project.images().get(late_cat).state == ImageState::review);
  REQUIRE(r.project.snapshots().create({.where = filter}).id == r.snapshot.id);
}

TEST_CASE("a project that somebody writes into is busy") {
  Restorable r;
  auto other = r.fixture.open("bob");
  other.transaction([&] {
    auto refused = message_of<Busy>([&] { r.restore(); });
    REQUIRE(refused.starts_with("project " + r.fixture.folder().string() + " is locked by test pid "));
  });
}

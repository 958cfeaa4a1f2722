#include "ds/project/snapshot_diff.h"

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

Image labelled(const std::string& name, std::vector<Annotation> annotations, Split split = Split::train) {
  auto image = plain_image(name, std::move(annotations));
  image.split = split;
  return image;
}

/// before/after=unchanged changed moved +added -removed >to_other <from_other
std::string text_of(const ObjectCounts& c) {
  return std::to_string(c.before) + "/" + std::to_string(c.after) + "=" + std::to_string(c.unchanged) + " c" +
         std::to_string(c.changed) + " m" + std::to_string(c.moved) + " +" + std::to_string(c.added) + " -" +
         std::to_string(c.removed) + " >" + std::to_string(c.to_other) + " <" + std::to_string(c.from_other);
}

ClassList named(const std::vector<std::string>& names) {
  return ClassList(names);
}

}  // namespace

TEST_CASE("objects are paired by equality, then in their class, then across, each by falling IoU") {
  // Boxes 10 wide: a shift of 2 overlaps by 8/12 = 0.67, of 3 by 7/13 = 0.54, of 4 by 6/14 = 0.43.
  auto box = [](int class_idx, double x) { return box_annotation(class_idx, {x, 0, x + 10, 10}); };
  auto pairs = pair_objects({box(0, 0), box(0, 100), box(1, 200), box(1, 300)},
                            {box(0, 103), box(0, 0), box(0, 102), box(2, 200), box(1, 304)});
  REQUIRE(pairs.size() == 3);
  REQUIRE(pairs[0].change == ObjectChange::unchanged);
  REQUIRE(pairs[0].after == 1);
  REQUIRE(pairs[1].change == ObjectChange::moved);
  REQUIRE(pairs[1].after == 2);  // 0.67 before 0.54
  REQUIRE(pairs[2].before == 2);
  REQUIRE(pairs[2].change == ObjectChange::reclassified);
  // The last of each is alone: 0.43 is too little.
}

TEST_CASE("an object is called moved rather than reclassified, and changed where only properties differ") {
  auto cat = box_annotation(0, {0, 0, 10, 10});
  auto dog_there = box_annotation(1, {0, 0, 10, 10}), cat_beside = box_annotation(0, {3, 0, 13, 10});
  auto pairs = pair_objects({cat}, {dog_there, cat_beside});
  REQUIRE(pairs.size() == 1);
  REQUIRE(pairs[0].after == 1);
  REQUIRE(pairs[0].change == ObjectChange::moved);
  auto difficult = cat;
  difficult.difficult = true;
  difficult.id = 7;
  difficult.provenance.file = "elsewhere";
  REQUIRE(pair_objects({cat}, {difficult})[0].change == ObjectChange::changed);
  auto point = Annotation{.class_idx = 0, .shape = KeyPoints{}};
  REQUIRE(pair_objects({point}, {point})[0].change == ObjectChange::unchanged);
}

TEST_CASE("a difference of two datasets, counted by hand") {
  auto cat = [](double x) { return box_annotation(0, {x, 0, x + 10, 10}); };
  auto dog = [](double x) { return box_annotation(1, {x, 0, x + 10, 10}); };
  Dataset before{named({"cat", "dog"}),
                 {labelled("gone", {cat(0), dog(50)}), labelled("same", {cat(0)}), labelled("b", {}),
                  labelled("a", {cat(0), cat(100), dog(200)})}};
  // In a: cat 0 moves by 2, cat 100 becomes a dog, dog 200 goes, a cat comes; the
  // classes change their places.
  Dataset after{named({"dog", "cat"}),
                {labelled("a", {box_annotation(1, {2, 0, 12, 10}), box_annotation(0, {100, 0, 110, 10}),
                                box_annotation(1, {400, 0, 410, 10})}),
                 labelled("b", {}, Split::val), labelled("new", {box_annotation(0, {0, 0, 1, 1})}),
                 labelled("same", {box_annotation(1, {0, 0, 10, 10})})}};
  std::string visited;
  auto diff = diff_datasets(before, after, [&](const ImageDiff& image) {
    visited += image.name +
               (image.kind == ImageDiff::Kind::added     ? "+"
                : image.kind == ImageDiff::Kind::removed ? "-"
                                                         : "~") +
               " " + text_of(image.objects) + "; ";
  });
  REQUIRE(visited ==
          "a~ 3/3=0 c0 m1 +1 -1 >1 <1; b~ 0/0=0 c0 m0 +0 -0 >0 <0; gone- 2/0=0 c0 m0 +0 -2 >0 <0; "
          "new+ 0/1=0 c0 m0 +1 -0 >0 <0; ");
  REQUIRE(diff.class_order);
  REQUIRE(diff.classes[0].after == "dog");
  // dog: before gone 1 + a 1; after a 1 + new 1
  REQUIRE(text_of(diff.classes[0].objects) == "2/2=0 c0 m0 +1 -2 >0 <1");
  // cat: before gone 1 + same 1 + a 2; after same 1 + a 2
  REQUIRE(text_of(diff.classes[1].objects) == "4/3=1 c0 m1 +1 -1 >1 <0");
  REQUIRE(text_of(diff.objects) == "6/5=1 c0 m1 +2 -3 >1 <1");
  REQUIRE(diff.reclassified ==
          std::map<std::pair<std::string, std::string>, std::size_t>{{{"cat", "dog"}, 1}});
  REQUIRE(diff.images.before == 4);
  REQUIRE(diff.images.after == 4);
  REQUIRE(diff.images.added == 1);
  REQUIRE(diff.images.removed == 1);
  REQUIRE(diff.images.unchanged == 1);
  REQUIRE(diff.images.changed == 2);
  REQUIRE(diff.images.objects == 1);
  REQUIRE(diff.images.split == 1);
  REQUIRE(!diff.empty());
  REQUIRE(diff_datasets(before, before).empty());
}

TEST_CASE("snapshots and the present are compared side by side; a renamed class is the same class") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto cat = box_annotation(0, {0, 0, 10, 10}), dog = box_annotation(1, {20, 0, 30, 10});
  auto ids = project.images()
                 .add({labelled("a \"class\":1", {cat, dog}), labelled("b", {cat}), labelled("c", {dog}),
                       labelled("d", {})})
                 .ids;
  auto first = project.snapshots().create({}).id;
  REQUIRE(project.snapshots().diff(first, "now").empty());
  REQUIRE(project.snapshots().diff("now", "now").empty());
  REQUIRE(project.snapshots().diff("now", "now").images.unchanged == 4);
  project.classes().rename("dog", "hound");
  project.images().edit(ids[1], {.state = ImageState::review});
  project.images().edit(ids[3], {.annotations = std::vector<Annotation>{cat}});
  project.images().remove({ids[2]});
  auto unlabelled = plain_image("e");
  unlabelled.state = ImageState::unlabelled;
  project.images().add({unlabelled});
  std::vector<ImageDiff> images;
  auto diff = project.snapshots().diff(first, "now", [&](const ImageDiff& i) { images.push_back(i); });
  REQUIRE(diff.before == first);
  REQUIRE(diff.after == "now");
  REQUIRE(diff.classes[1].before == "dog");
  REQUIRE(diff.classes[1].after == "hound");
  REQUIRE(text_of(diff.classes[0].objects) == "2/3=2 c0 m0 +1 -0 >0 <0");
  REQUIRE(text_of(diff.classes[1].objects) == "2/1=1 c0 m0 +0 -1 >0 <0");
  REQUIRE(images.size() == 3);
  REQUIRE(images[0].name == "b");  // no longer done: changed, not removed
  REQUIRE(images[0].state_after == ImageState::review);
  REQUIRE(images[1].kind == ImageDiff::Kind::removed);
  REQUIRE(images[2].objects.added == 1);
  REQUIRE(diff.images.unchanged == 1);
  // What is frozen now has b no more.
  auto second = project.snapshots().create({}).id;
  REQUIRE(project.snapshots().diff(first, second).images.removed == 2);
  auto back = project.snapshots().diff(second, first);
  REQUIRE(back.images.added == 2);
  REQUIRE(back.classes[1].before == "hound");
  REQUIRE(project.snapshots().diff("now", second).empty());
}

TEST_CASE("the present is seen through the snapshot's filter") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto cat = box_annotation(0, {0, 0, 10, 10}), dog = box_annotation(1, {20, 0, 30, 10});
  project.images().add({labelled("a", {cat}), labelled("b", {dog})});
  auto cats = project.snapshots().create({.where = Filter::parse("class=cat")}).id;
  REQUIRE(project.snapshots().diff(cats, "now").empty());
  project.images().add({labelled("c", {cat}), labelled("d", {dog})});
  REQUIRE(project.snapshots().diff(cats, "now").images.added == 1);
  REQUIRE(project.snapshots().diff("now", cats).images.removed == 1);
}

TEST_CASE("a manifest that has changed is refused") {
  ProjectFixture fixture;
  auto project = fixture.open();
  project.images().add({labelled("a", {})});
  auto snapshot = project.snapshots().create({});
  write_file_atomically(snapshot.folder / "manifest.jsonl", "{}");
  // printf '{}' | sha256sum begins with 44136fa355b3
  REQUIRE(message_of<DataError>([&] { project.snapshots().diff(snapshot.id, "now"); }) ==
          (snapshot.folder / "manifest.jsonl").string() +
              " is not what it was: its SHA-256 begins with 44136fa355b3, expected " + snapshot.id.substr(2));
}

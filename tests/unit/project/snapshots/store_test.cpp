#include "ds/project/snapshot_store.h"

#include <cstdlib>

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

Image in_split(Image image, Split split) {
  image.split = split;
  return image;
}

}  // namespace

TEST_CASE("the manifest is canonical: whole text") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto cat = box_annotation(0, {0.5, -0.0, 10, 1e-7});
  cat.attributes = {{"b", "2"}, {"a", "1"}};
  cat.provenance = {"file", "place", "id"};  // no content
  auto proposal = box_annotation(1, {0, 0, 3, 3});
  proposal.proposal = true;  // never goes in
  auto polygon = Annotation{.class_idx = 2, .shape = Polygon{{{{0, 0}, {1.5, 0}, {1, 1}}}}};
  auto b = in_split(plain_image("b.jpg", {polygon, cat, proposal}), Split::test);
  auto a = in_split(plain_image("a.jpg"), Split::train);
  a.group = "g";
  a.time_s = 1.5;
  a.orientation = 6;
  a.raw_width = 480;
  a.raw_height = 640;
  project.images().add({b, a});
  auto snapshot = project.snapshots().create({.name = "v1"});
  auto text = read_file(snapshot.folder / "manifest.jsonl");
  REQUIRE(text ==
          "{\"classes\":[{\"name\":\"cat\"},{\"name\":\"dog\"},{\"name\":\"bird\"}],\"format\":1}\n"
          "{\"annotations\":[],\"group\":\"g\",\"height\":480,\"name\":\"a.jpg\",\"orientation\":6,"
          "\"raw_height\":640,\"raw_width\":480,\"sha256\":\"" +
              sha256_hex("a.jpg") +
              "\",\"split\":\"train\",\"state\":\"done\",\"time_s\":1.5,\"width\":640}\n"
              "{\"annotations\":[{\"attributes\":{\"a\":\"1\",\"b\":\"2\"},\"class\":0,\"shape\":{\"box\":[0."
              "5,0,10,"
              "1e-07]}},{\"class\":2,\"shape\":{\"polygon\":[[0.0,0.0,1.5,0.0,1.0,1.0]]}}],\"height\":480,"
              "\"name\":\"b.jpg\",\"sha256\":\"" +
              sha256_hex("b.jpg") + "\",\"split\":\"test\",\"state\":\"done\",\"width\":640}\n");
  REQUIRE(snapshot.id == "s-" + sha256_hex(text).substr(0, 12));
  REQUIRE(snapshot.images == 2);
  REQUIRE(snapshot.annotations == 2);
  REQUIRE(snapshot.train == 1);
  REQUIRE(snapshot.test == 1);
  REQUIRE(snapshot.classes == 3);
  REQUIRE(snapshot.created_by == "ann");
}

TEST_CASE("the same content has the same id in another project, whatever the order it came in") {
  auto cat = box_annotation(0, {0, 0, 1, 1}), dog = box_annotation(1, {0, 0, 2, 2});
  auto a = plain_image("a", {cat, dog}), b = plain_image("b", {dog});
  ProjectFixture first, second;
  auto one = first.open(), two = second.open("bob");
  one.images().add({a, b});
  std::swap(a.annotations[0], a.annotations[1]);
  two.images().add({plain_image("gone")});
  two.images().remove({1});
  two.images().add({b});
  two.images().add({a});
  auto left = one.snapshots().create({}), right = two.snapshots().create({.name = "x"});
  REQUIRE(left.id == right.id);
  REQUIRE(read_file(left.folder / "manifest.jsonl") == read_file(right.folder / "manifest.jsonl"));
}

TEST_CASE("a snapshot is made once and never changes") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a"));
  auto first = project.snapshots().create({});
  REQUIRE(project.snapshots().create({}).id == first.id);
  REQUIRE(project.snapshots().list().size() == 1);
  REQUIRE(project.snapshots().create({.name = "base"}).name == "base");  // it had none
  REQUIRE(project.snapshots().create({.name = "other"}).name == "base");
  auto manifest = read_file(first.folder / "manifest.jsonl");
  project.images().edit(id, {.annotations = {{box_annotation(0, {0, 0, 1, 1})}}});
  auto second = project.snapshots().create({.name = "next"});
  REQUIRE(second.id != first.id);
  REQUIRE(read_file(first.folder / "manifest.jsonl") == manifest);
  REQUIRE(project.snapshots().get("latest").id == second.id);
  REQUIRE(project.snapshots().get("base").id == first.id);
  REQUIRE(project.snapshots().get(first.id.substr(0, 6)).id == first.id);
  project.images().edit(id, {.annotations = {{box_annotation(1, {0, 0, 1, 1})}}});
  REQUIRE(message_of<UsageError>([&] { project.snapshots().create({.name = "base"}); }) ==
          "snapshot " + first.id + " is called 'base' already");
  REQUIRE(message_of<UsageError>([&] { project.snapshots().create({.name = "latest"}); }) ==
          "'latest' cannot be the name of a snapshot");
  REQUIRE(message_of<UsageError>([&] { project.snapshots().get("bsae"); }) ==
          "unknown snapshot 'bsae'; known: " + second.id + ", next, " + first.id + ", base");
}

TEST_CASE("only the chosen images go in, and an empty snapshot is refused") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto review = plain_image("r");
  review.state = ImageState::review;
  auto open = plain_image("o");
  open.state = ImageState::unlabelled;
  REQUIRE(message_of<DataError>([&] { project.snapshots().create({}); }) ==
          "the snapshot would be empty: none of 0 images is done");
  project.images().add({plain_image("d"), review, open});
  REQUIRE(project.snapshots().create({}).images == 1);
  REQUIRE(project.snapshots().create({.states = {ImageState::done, ImageState::review}}).images == 2);
  auto chosen = project.snapshots().create(
      {.where = Filter::parse("name=r or name=o"), .states = {ImageState::review, ImageState::done}});
  REQUIRE(chosen.images == 1);
  REQUIRE(chosen.where == "name=r or name=o");
  REQUIRE(message_of<DataError>([&] { project.snapshots().create({.where = Filter::parse("class=cat")}); }) ==
          "the snapshot would be empty: none of 3 images is done and matches 'class=cat'");
}

TEST_CASE("a group that straddles splits is refused with both images") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto a = in_split(plain_image("a"), Split::train), b = in_split(plain_image("b"), Split::test);
  a.group = b.group = "video7";
  project.images().add({a, b});
  REQUIRE(message_of<DataError>([&] { project.snapshots().create({}); }) ==
          "group 'video7' straddles splits: image 'a' is in train, image 'b' in test");
  REQUIRE(project.snapshots().list().empty());
}

TEST_CASE("images without a split get one before the snapshot") {
  ProjectFixture fixture;
  auto project = fixture.open();
  std::vector<Image> images;
  for (int i = 0; i < 50; ++i) images.push_back(plain_image(std::to_string(i)));
  project.images().add(images);
  auto snapshot = project.snapshots().create({});
  REQUIRE(snapshot.train + snapshot.val + snapshot.test == 50);
  REQUIRE(project.images().counts().by_split.at("none") == 0);
}

TEST_CASE("a snapshot loads as it was, with the project's ids and the classes' colours") {
  ProjectFixture fixture;
  auto project = fixture.open();
  Annotation rich = box_annotation(1, {1.25, -2.5, 30.1, 40.000000000000007});
  rich.crowd = rich.difficult = rich.ignore = true;
  rich.truncated = 0.1;
  rich.occluded = 2;
  rich.score = 1.0 / 3;
  rich.area = 99.5;
  rich.track_id = 7;
  rich.group_id = -3;
  rich.z = 4;
  rich.source = Source::import;
  rich.model_id = "m-1";
  // A text that looks like the line's own split must not mislead the reader.
  rich.attributes = {{"split", "test"}, {"quote", "\",\"split\":\"test\","}};
  auto train = in_split(plain_image("a \"q\"", {rich}), Split::train);
  auto test = in_split(plain_image("b", {box_annotation(0, {0, 0, 1, 1})}), Split::test);
  auto ids = project.images().add({train, test}).ids;
  project.classes().set_color("dog", "#123456");
  auto snapshot = project.snapshots().create({});
  project.images().remove({ids[1]});
  auto dataset = project.snapshots().load(snapshot.id);
  REQUIRE(dataset.classes[1] == ClassInfo{2, "dog", "#123456", ""});
  REQUIRE(dataset.images.size() == 2);
  train.id = ids[0];
  REQUIRE(dataset.images[0] == train);
  REQUIRE(dataset.images[1].id == -1);  // it has left the project
  auto only_train = project.snapshots().load(snapshot.id, Split::train);
  REQUIRE(only_train.images == std::vector<Image>{train});
  REQUIRE(project.snapshots().load(snapshot.id, Split::val).images.empty());
}

TEST_CASE("the fingerprint changes with what a score depends on, and with nothing else") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = project.images()
                .add({in_split(plain_image("a", {box_annotation(0, {0, 0, 1, 1})}), Split::test)})
                .ids[0];
  auto train = project.images().add({in_split(plain_image("b"), Split::train)}).ids[0];
  auto fingerprint = [&] {
    return project.snapshots().fingerprint(project.snapshots().create({}).id, Split::test);
  };
  auto base = fingerprint();
  auto list = project.images().get(id).annotations;
  list[0].source = Source::import;
  list[0].z = 3;
  project.images().edit(id, {.annotations = list});
  REQUIRE(fingerprint() == base);
  project.images().edit(train, {.annotations = {{box_annotation(1, {0, 0, 1, 1})}}});
  REQUIRE(fingerprint() == base);
  list[0].difficult = true;
  project.images().edit(id, {.annotations = list});
  auto difficult = fingerprint();
  REQUIRE(difficult != base);
  project.classes().rename("bird", "birds");
  REQUIRE(fingerprint() != difficult);
}

TEST_CASE("a changed manifest is noticed") {
  ProjectFixture fixture;
  auto project = fixture.open();
  add_with_bytes(project, plain_image("a"));
  auto snapshot = project.snapshots().create({});
  auto file = snapshot.folder / "manifest.jsonl";
  auto changed = read_file(file) + "\n";
  write_file_atomically(file, changed);
  REQUIRE(message_of<DataError>([&] { project.snapshots().load(snapshot.id); }) ==
          file.string() + " is not what it was: its SHA-256 begins with " +
              sha256_hex(changed).substr(0, 12) + ", expected " + snapshot.id.substr(2));
  REQUIRE(problems_of(project) ==
          "the manifest of snapshot " + snapshot.id + " has changed: " + file.string() + "\n");
}

#include "ds/project/image_store.h"

#include <cstdlib>
#include <limits>

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

Annotation rich_annotation() {
  Annotation a = box_annotation(1, {1.25, -2.5, 30.1, 40.000000000000007});
  a.crowd = true;
  a.difficult = true;
  a.ignore = true;
  a.truncated = 0.1;
  a.occluded = 2;
  a.score = 1.0 / 3;
  a.area = 99.5;
  a.track_id = 7;
  a.group_id = -3;
  a.z = 4;
  a.source = Source::automatic;
  a.model_id = "m-12345678";
  a.proposal = true;
  a.attributes = {{"colour", "r\"ed"}, {"\xC3\xA9", "2"}};
  a.provenance = {"labels/a.xml", "/annotation/object[1]", "17"};
  return a;
}

std::vector<std::string> names_of(const std::vector<Image>& images) {
  std::vector<std::string> names;
  for (const auto& image : images) names.push_back(image.name);
  return names;
}

}  // namespace

TEST_CASE("an image and its annotations come back as they were stored") {
  ProjectFixture fixture;
  auto project = fixture.open();
  Image image = plain_image("video/frame 7.jpg");
  image.raw_width = 480;
  image.raw_height = 640;
  image.orientation = 6;
  image.group = "video";
  image.origin = "v.mp4";
  image.time_s = 0.1 + 0.2;
  image.split = Split::val;
  image.state = ImageState::rejected;
  image.assignee = "bob";
  image.annotations = {rich_annotation()};
  std::vector<Shape> shapes = {
      RotatedBox{10, 20, 5, 6, 33.3},
      Polygon{{{{0, 0}, {10.5, 0}, {10, 10}}, {{20, 20}, {30, 20}, {30, 30}}}},
      RunLengthMask{2, 3, {1, 2, 3}},
      KeyPoints{{{1, 2}, {3, 4}}, {2, 0}, {0, 0, 9, 9}},
      Polyline{{{0, 0}, {1, 1.5}}},
  };
  for (const auto& shape : shapes) {
    image.annotations.push_back({.class_idx = 2, .shape = shape});
  }
  auto result = project.images().add({image});
  REQUIRE(result.added == 1);
  image.id = result.ids[0];
  image.revision = 1;
  for (std::size_t i = 0; i < image.annotations.size(); ++i)
    image.annotations[i].id = static_cast<std::int64_t>(i) + 1;
  REQUIRE(project.images().get(image.id) == image);
  REQUIRE(project.images().list({}, WithAnnotations::yes) == std::vector<Image>{image});
}

TEST_CASE("adding is idempotent: the same name and bytes are there already") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto first = project.images().add({plain_image("a.jpg"), plain_image("b.jpg")});
  auto second = project.images().add({plain_image("b.jpg"), plain_image("c.jpg"), plain_image("a.jpg")});
  REQUIRE(second.added == 1);
  REQUIRE(second.already_there == 2);
  REQUIRE(second.ids[0] == first.ids[1]);
  REQUIRE(second.ids[2] == first.ids[0]);
  REQUIRE(second.ids[1] == 3);  // no id is lost on images that are there
  REQUIRE(project.images().count() == 3);
  REQUIRE(project.images().history().size() == 6);  // 3 classes, 3 images: nothing for those already there
}

TEST_CASE("one name with two contents is refused, and nothing is added") {
  ProjectFixture fixture;
  auto project = fixture.open();
  project.images().add({plain_image("a.jpg")});
  auto other = plain_image("a.jpg");
  other.sha256 = sha256_hex("other");
  // sha256("a.jpg") and sha256("other") begin as shown.
  REQUIRE(message_of<DataError>([&] {
            project.images().add({plain_image("new.jpg"), other});
          }) == "image 'a.jpg' is there already with other bytes: sha256 " +
                    sha256_hex("a.jpg").substr(0, 12) + " there, " + sha256_hex("other").substr(0, 12) +
                    " given");
  REQUIRE(project.images().count() == 1);
}

TEST_CASE("what cannot be stored is refused with the image's name") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto add = [&](Annotation annotation) {
    return message_of<DataError>([&] { project.images().add({plain_image("a.jpg", {annotation})}); });
  };
  REQUIRE(add(box_annotation(3, {0, 0, 1, 1})) ==
          "an annotation of image 'a.jpg' has class index 3; the project has 3 classes");
  REQUIRE(add(box_annotation(-1, {0, 0, 1, 1})) ==
          "an annotation of image 'a.jpg' has class index -1; the project has 3 classes");
  double nan = std::numeric_limits<double>::quiet_NaN();
  REQUIRE(add(box_annotation(0, {0, 0, nan, 1})) ==
          "an annotation of image 'a.jpg' has a coordinate that is not finite: nan");
  Annotation polygon{.class_idx = 0, .shape = Polygon{{{{0, 0}, {nan, nan}, {1, 1}}}}};
  REQUIRE(add(polygon) == "an annotation of image 'a.jpg' has a coordinate that is not finite");
  REQUIRE(message_of<DataError>([&] { project.images().add({plain_image("\xFFz.jpg")}); }) ==
          "the name of image \"\xEF\xBF\xBDz.jpg\" is not UTF-8");
  REQUIRE(project.images().count() == 0);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("images are listed in natural order") {
  ProjectFixture fixture;
  auto project = fixture.open();
  std::vector<Image> images;
  for (const char* name : {"img10.jpg", "img2.jpg", "img02.jpg", "img1a.jpg", "img1.jpg", "b/1.jpg",
                           "a/9/1.jpg", "a/10/1.jpg", "img.jpg", "img18446744073709551617.jpg"})
    images.push_back(plain_image(name));
  project.images().add(images);
  REQUIRE(names_of(project.images().list()) ==
          std::vector<std::string>{"a/9/1.jpg", "a/10/1.jpg", "b/1.jpg", "img.jpg", "img1.jpg", "img1a.jpg",
                                   "img02.jpg", "img2.jpg", "img10.jpg", "img18446744073709551617.jpg"});
  REQUIRE(names_of(project.images().list({}, WithAnnotations::no, 2, 3)) ==
          std::vector<std::string>{"img.jpg", "img1.jpg"});
  REQUIRE(names_of(project.images().list({}, WithAnnotations::no, 0, 8)) ==
          std::vector<std::string>{"img10.jpg", "img18446744073709551617.jpg"});
}

TEST_CASE("for_each allows edits and removals on the way") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto ids = project.images().add({plain_image("1"), plain_image("2"), plain_image("3")}).ids;
  std::string seen;
  project.images().for_each({}, WithAnnotations::no, [&](const Image& image) {
    seen += image.name;
    project.images().edit(image.id, {.state = ImageState::review});
    if (image.name == "2") project.images().remove({ids[0]});
  });
  REQUIRE(seen == "123");
  REQUIRE(project.images().count(Filter::parse("status=review")) == 2);
}

TEST_CASE("an image is found by name, id and a unique ending") {
  ProjectFixture fixture;
  auto project = fixture.open();
  project.images().add({plain_image("x/one.jpg"), plain_image("y/one.jpg"), plain_image("y/two.jpg")});
  REQUIRE(project.images().find("y/one.jpg").name == "y/one.jpg");
  REQUIRE(project.images().find("#3").name == "y/two.jpg");
  REQUIRE(project.images().find("two.jpg").name == "y/two.jpg");
  REQUIRE(message_of<UsageError>([&] { project.images().find("one.jpg"); }) ==
          "'one.jpg' is the end of 2 image names: x/one.jpg, y/one.jpg");
  REQUIRE(message_of<UsageError>([&] { project.images().find("y/tow.jpg"); }) ==
          "there is no image 'y/tow.jpg' among 3");
  REQUIRE(advice_of<UsageError>([&] { project.images().find("y/tow.jpg"); }) == "did you mean 'y/two.jpg'?");
  REQUIRE(message_of<UsageError>([&] { project.images().find("#77"); }) == "there is no image #77");
  REQUIRE(project.images().find_sha256(sha256_hex("y/two.jpg"))->name == "y/two.jpg");
  REQUIRE(!project.images().find_sha256(sha256_hex("none")));
}

TEST_CASE("an edit keeps the ids of annotations and gives new ones that were never used") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(
      project, plain_image("a", {box_annotation(0, {0, 0, 1, 1}), box_annotation(1, {0, 0, 2, 2})}));
  auto list = project.images().get(id).annotations;
  list.erase(list.begin() + 1);  // #2 goes
  list[0].shape = Box{0, 0, 5, 5};
  list.push_back(box_annotation(2, {1, 1, 2, 2}));
  auto edited = project.images().edit(id, {.annotations = list});
  REQUIRE(edited.annotations.size() == 2);
  REQUIRE(edited.annotations[0].id == 1);
  REQUIRE(edited.annotations[0].box() == Box{0, 0, 5, 5});
  REQUIRE(edited.annotations[1].id == 3);
  REQUIRE(edited.revision == 2);
  list[0].id = 2;
  REQUIRE(message_of<UsageError>([&] { project.images().edit(id, {.annotations = list}); }) ==
          "image 'a' has no annotation #2");
  list = edited.annotations;
  list[1].id = 1;
  REQUIRE(message_of<UsageError>([&] { project.images().edit(id, {.annotations = list}); }) ==
          "annotation #1 of image 'a' is given twice");
  list = {box_annotation(9, {0, 0, 1, 1})};
  REQUIRE(message_of<DataError>([&] { project.images().edit(id, {.annotations = list}); }) ==
          "an annotation of image 'a' has class index 9; the project has 3 classes");
  REQUIRE(project.images().get(id) == edited);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("the same edit made twice is made once") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a"));
  ImageEdit edit{.action = "status", .state = ImageState::review};
  REQUIRE(project.images().edit(id, edit).revision == 2);
  REQUIRE(project.images().edit(id, edit).revision == 2);
  REQUIRE(project.images().history(id).size() == 2);
  // A second approval and a comment are facts without a change of state: journalled, with no new revision.
  REQUIRE(project.images().edit(id, {.action = "review"}).revision == 2);
  REQUIRE(project.images().edit(id, {.action = "review", .comment = "fine"}).revision == 2);
  REQUIRE(project.images().history(id).size() == 4);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("two people on one image get a visible conflict") {
  setenv("DS_FAKE_NOW", "2026-11-22T09:30:05Z", 1);
  ProjectFixture fixture;
  auto ann = fixture.open("ann"), bob = fixture.open("bob");
  auto id = add_with_bytes(ann, plain_image("street.jpg"));
  ann.images().edit(id, {.expected_revision = 1, .annotations = {{box_annotation(0, {0, 0, 1, 1})}}});
  ImageEdit late{.expected_revision = 1, .annotations = {{box_annotation(1, {0, 0, 1, 1})}}};
  REQUIRE(message_of<Busy>([&] { bob.images().edit(id, late); }) ==
          "image 'street.jpg' has changed: revision 1 expected, 2 found; last changed by ann with test at "
          "2026-11-22T09:30:05.000Z (annotate)");
  REQUIRE(bob.images().get(id).annotations.size() == 1);
  REQUIRE(bob.images().get(id).annotations[0].class_idx == 0);
  unsetenv("DS_FAKE_NOW");
}

TEST_CASE("removed images leave a journal entry that holds what they were") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a", {box_annotation(0, {0, 0, 1, 2})}));
  REQUIRE(project.images().remove({id, id, 99}) == 1);
  REQUIRE(project.images().count() == 0);
  auto entry = project.images().history(id).front();
  REQUIRE(entry.action == "remove");
  REQUIRE(entry.before ==
          R"({"annotations":[{"class":"cat","class_id":1,"id":1,"shape":{"box":[0,0,1,2]}}],"assignee":"",)"
          R"("group":"","height":480,"name":"a","origin":"","sha256":")" +
              sha256_hex("a") + R"(","split":"none","state":"done","width":640})");
  // The id is not given again.
  REQUIRE(project.images().add({plain_image("a")}).ids[0] == id + 1);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("counts follow every change") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto proposal = box_annotation(1, {0, 0, 1, 1});
  proposal.proposal = true;
  auto cat = box_annotation(0, {0, 0, 1, 1});
  auto a = add_with_bytes(project, plain_image("a", {cat, cat, proposal}));
  auto negative = add_with_bytes(project, plain_image("b"));
  auto open = plain_image("c");
  open.state = ImageState::unlabelled;
  open.assignee = "ann";
  add_with_bytes(project, open);
  auto counts = project.images().counts();
  REQUIRE(counts.images == 3);
  REQUIRE(counts.annotations == 2);
  REQUIRE(counts.proposals == 1);
  REQUIRE(counts.negatives == 1);  // b; c is not labelled yet
  REQUIRE(counts.by_state.at("done") == 2);
  REQUIRE(counts.by_state.at("unlabelled") == 1);
  REQUIRE(counts.by_state.at("review") == 0);
  REQUIRE(counts.by_split.at("none") == 3);
  REQUIRE(counts.by_assignee == std::map<std::string, std::size_t>{{"ann", 1}});
  REQUIRE(counts.classes.size() == 3);
  REQUIRE(counts.classes[0].name == "cat");
  REQUIRE(counts.classes[0].annotations == 2);
  REQUIRE(counts.classes[0].images == 1);
  REQUIRE(counts.classes[1].proposals == 1);
  REQUIRE(counts.classes[1].images == 0);
  // The proposal is accepted, one cat goes, the negative gets a cat.
  auto list = project.images().get(a).annotations;
  list[2].proposal = false;
  list.erase(list.begin());
  project.images().edit(a, {.annotations = list});
  project.images().edit(negative, {.annotations = {{cat}}});
  counts = project.images().counts();
  REQUIRE(counts.annotations == 3);
  REQUIRE(counts.proposals == 0);
  REQUIRE(counts.negatives == 0);
  REQUIRE(counts.classes[0].annotations == 2);
  REQUIRE(counts.classes[0].images == 2);
  REQUIRE(counts.classes[1].annotations == 1);
  project.images().remove({a});
  REQUIRE(project.images().counts().classes[0].images == 1);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("splits are fixed per group and never move") {
  ProjectSettings settings{.name = "t", .split_key = "k", .group_pattern = "^(v\\d+)/"};
  ProjectFixture fixture(settings);
  auto project = fixture.open();
  std::vector<Image> images;
  for (int v = 0; v < 40; ++v)
    for (int f = 0; f < 3; ++f)
      images.push_back(plain_image("v" + std::to_string(v) + "/" + std::to_string(f)));
  project.images().add(images);
  REQUIRE(project.images().find("v7/0").group == "v7");
  REQUIRE(project.images().assign_splits() == 120);
  REQUIRE(project.images().assign_splits() == 0);
  std::map<std::string, Split> of_group;
  for (const auto& image : project.images().list()) {
    REQUIRE(image.split != Split::none);
    REQUIRE(of_group.try_emplace(image.group, image.split).first->second == image.split);
  }
  // Of 40 groups about 28, 6 and 6; the hash is fixed, so is the outcome: all three occur.
  auto counts = project.images().counts().by_split;
  REQUIRE(counts.at("train") > counts.at("val"));
  REQUIRE(counts.at("val") > 0);
  REQUIRE(counts.at("test") > 0);
  // A newcomer follows its group, even where a person had moved the group by hand.
  for (const auto& image : project.images().list(Filter::parse("group=v7")))
    project.images().edit(image.id, {.action = "split", .split = Split::test});
  project.images().add({plain_image("v7/3"), plain_image("v100/0")});
  REQUIRE(project.images().assign_splits() == 2);
  REQUIRE(project.images().find("v7/3").split == Split::test);
  for (const auto& [group, split] : of_group)
    if (group != "v7") REQUIRE(project.images().find(group + "/0").split == split);
}

TEST_CASE("copies of one file without a group share their split") {
  ProjectFixture fixture;
  auto project = fixture.open();
  std::vector<Image> images;
  for (int i = 0; i < 30; ++i) {
    images.push_back(plain_image("a" + std::to_string(i)));
    images.push_back(plain_image("b" + std::to_string(i)));
    images.back().sha256 = images[images.size() - 2].sha256;
  }
  project.images().add(images);
  project.images().assign_splits();
  for (int i = 0; i < 30; ++i)
    REQUIRE(project.images().find("a" + std::to_string(i)).split ==
            project.images().find("b" + std::to_string(i)).split);
}

TEST_CASE("the splits to come are those that come") {
  ProjectSettings settings{.name = "t", .split_key = "k", .group_pattern = "^(v\\d+)/"};
  ProjectFixture fixture(settings);
  auto project = fixture.open();
  project.images().add({plain_image("v1/0"), plain_image("v2/0")});
  project.images().assign_splits();
  for (const auto& image : project.images().list())
    project.images().edit(image.id, {.action = "split", .split = Split::test});
  std::vector<Image> images;
  for (int v = 0; v < 30; ++v) images.push_back(plain_image("v" + std::to_string(v) + "/1"));
  for (int i = 0; i < 30; ++i) images.push_back(plain_image("a" + std::to_string(i)));
  images[40].split = Split::val;
  images[41].sha256 = images[40].sha256;
  std::vector<const Image*> newcomers;
  for (const auto& image : images) newcomers.push_back(&image);
  auto splits = project.images().splits_to_come(newcomers);
  REQUIRE(project.images().count() == 2);
  REQUIRE(splits[1] == Split::test);
  REQUIRE(splits[41] == Split::val);
  project.images().add(images);
  project.images().assign_splits();
  for (std::size_t i = 0; i < images.size(); ++i)
    REQUIRE(project.images().find(images[i].name).split == splits[i]);
}

TEST_CASE("with no share for test nothing falls into it") {
  ProjectFixture fixture(
      {.name = "t", .split_train = 0.9, .split_val = 0.1, .split_test = 0, .split_key = "k"});
  auto project = fixture.open();
  std::vector<Image> images;
  for (int i = 0; i < 200; ++i) images.push_back(plain_image(std::to_string(i)));
  project.images().add(images);
  project.images().assign_splits();
  REQUIRE(project.images().counts().by_split.at("test") == 0);
  REQUIRE(project.images().counts().by_split.at("val") > 0);
}

TEST_CASE("images are put into splits and groups, journalled where that changes something") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto ids = project.images().add({plain_image("a"), plain_image("b"), plain_image("c")}).ids;
  auto place = [&] {
    return project.images().place(
        {{ids[0], Split::val, ""}, {ids[1], Split::test, "g"}, {ids[2], Split::none, ""}});
  };
  REQUIRE(place() == 2);
  REQUIRE(place() == 0);
  auto a = project.images().get(ids[0]), b = project.images().get(ids[1]), c = project.images().get(ids[2]);
  REQUIRE(a.split == Split::val);
  REQUIRE(a.revision == 2);
  REQUIRE(b.split == Split::test);
  REQUIRE(b.group == "g");
  REQUIRE(c.revision == 1);
  auto entry = project.images().history(ids[1], 1).front();
  REQUIRE(entry.action == "group");
  REQUIRE(entry.before == R"({"group":"","split":"none"})");
  REQUIRE(entry.after == R"({"group":"g","split":"test"})");
  REQUIRE(project.images().history(ids[0], 1).front().action == "split");
  project.images().undo(ids[1]);
  REQUIRE(project.images().get(ids[1]).group.empty());
  REQUIRE(project.images().get(ids[1]).split == Split::none);
  REQUIRE(message_of<UsageError>([&] {
            project.images().place({{99, Split::val, ""}});
          }) == "there is no image #99");
}

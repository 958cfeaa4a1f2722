#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

using Tags = std::vector<ImageTag>;
using Attributes = std::map<std::string, std::string>;

Image tagged(const std::string& name, Tags tags, Attributes attributes = {}) {
  auto image = plain_image(name);
  image.tags = std::move(tags);
  image.attributes = std::move(attributes);
  image.split = Split::train;
  return image;
}

std::string names_matching(Project& project, const std::string& filter) {
  std::string names;
  for (const auto& image : project.images().list(Filter::parse(filter))) names += image.name + ";";
  return names;
}

}  // namespace

TEST_CASE("tags and attributes of an image are kept, by class order") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = project.images().add({tagged("a", {{2, true}, {0, false}}, {{"weather", "rain \"\n"}})}).ids[0];
  auto plain = project.images().add({plain_image("b")}).ids[0];
  REQUIRE(project.images().get(id).tags == Tags{{0, false}, {2, true}});
  REQUIRE(project.images().get(id).attributes == Attributes{{"weather", "rain \"\n"}});
  REQUIRE(project.images().get(plain).tags.empty());
  auto listed = project.images().list({}, WithAnnotations::yes);
  REQUIRE(listed[0].tags == Tags{{0, false}, {2, true}});
  REQUIRE(listed[0].attributes.size() == 1);
  REQUIRE(project.images().list()[0].tags.empty());  // only with the annotations
  std::size_t tags = 0;
  project.images().for_each({}, WithAnnotations::yes, [&](const Image& image) { tags += image.tags.size(); });
  REQUIRE(tags == 2);
}

TEST_CASE("an impossible tag is refused, and nothing is added") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto add = [&](Tags tags) { project.images().add({tagged("a", std::move(tags))}); };
  REQUIRE(message_of<DataError>([&] {
            add({{3, true}});
          }) == "a tag of image 'a' has class index 3; the project has 3 classes");
  REQUIRE(message_of<DataError>([&] {
            add({{1, true}, {1, false}});
          }) == "image 'a' has two tags of class 'dog'");
  REQUIRE(project.images().count() == 0);
  auto id = project.images().add({plain_image("b")}).ids[0];
  REQUIRE(message_of<DataError>([&] {
            project.images().edit(id, {.tags = Tags{{-1, true}}});
          }) == "a tag of image 'b' has class index -1; the project has 3 classes");
}

TEST_CASE("a change of tags and attributes is journalled and taken back") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = project.images().add({tagged("a", {{0, true}}, {{"k", "1"}})}).ids[0];
  auto after = project.images().edit(id, {.tags = Tags{{1, false}, {0, true}}, .attributes = Attributes{}});
  REQUIRE(after.revision == 2);
  REQUIRE(after.tags == Tags{{0, true}, {1, false}});
  auto entry = project.images().history(id, 1).front();
  REQUIRE(entry.before == R"({"attributes":{"k":"1"},"tags":[{"class":"cat","class_id":1}]})");
  REQUIRE(entry.after == R"({"attributes":{},"tags":[{"class":"cat","class_id":1},)"
                         R"({"class":"dog","class_id":2,"present":false}]})");
  // The same again is no change.
  REQUIRE(project.images().edit(id, {.tags = Tags{{0, true}, {1, false}}}).revision == 2);
  project.images().undo(id);
  auto back = project.images().get(id);
  REQUIRE(back.tags == Tags{{0, true}});
  REQUIRE(back.attributes == Attributes{{"k", "1"}});
}

TEST_CASE("undo of tags is refused when they changed since, and when the class is gone") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = project.images().add({tagged("a", {{2, true}})}).ids[0];
  project.images().edit(id, {.action = "annotate", .tags = Tags{}});
  project.classes().remove("bird");
  REQUIRE(message_of<UsageError>([&] { project.images().undo(id); }) ==
          "cannot take this back: class 'bird' has been removed since");
  project.images().edit(id, {.tags = Tags{{0, true}}});
  project.classes().remove("cat", true);  // takes the tag with it, by an entry that undo passes over
  REQUIRE(project.images().get(id).tags.empty());
  project.images().undo(id);
  REQUIRE(project.images().get(id).tags.empty());
}

TEST_CASE("a removed image leaves its tags and attributes in the journal") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = project.images().add({tagged("a", {{1, false}}, {{"k", "v"}})}).ids[0];
  project.images().remove({id});
  REQUIRE(
      project.images().history(id, 1).front().before ==
      R"({"annotations":[],"assignee":"","attributes":{"k":"v"},"group":"","height":480,"name":"a","origin":"",)"
      R"("sha256":")" +
          sha256_hex("a") +
          R"(","split":"train","state":"done","tags":[{"class":"dog","class_id":2,"present":false}],"width":640})");
  REQUIRE(names_matching(project, "absent=dog").empty());
}

TEST_CASE("tags follow their class when it is renamed, reordered, merged and removed") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto ids = project.images()
                 .add({tagged("both", {{0, false}, {1, true}}), tagged("cat", {{0, true}}),
                       tagged("bird", {{2, false}})})
                 .ids;
  project.classes().rename("bird", "owl");
  project.classes().reorder({"owl", "dog", "cat"});
  REQUIRE(project.images().get(ids[0]).tags == Tags{{1, true}, {2, false}});
  REQUIRE(project.images().get(ids[2]).tags == Tags{{0, false}});
  // dog is present and cat is not: what they become is present.
  REQUIRE(project.classes().merge("cat", "dog") == 0);
  REQUIRE(project.images().get(ids[0]).tags == Tags{{1, true}});
  REQUIRE(project.images().get(ids[1]).tags == Tags{{1, true}});
  REQUIRE(message_of<UsageError>([&] { project.classes().remove("owl"); }) ==
          "class 'owl' has 0 annotations and is a tag of 1 images");
  project.classes().remove("owl", true);
  REQUIRE(project.images().get(ids[2]).tags.empty());
  REQUIRE(project.images().get(ids[1]).tags == Tags{{0, true}});
}

TEST_CASE("images are found by their tags") {
  ProjectFixture fixture;
  auto project = fixture.open();
  project.images().add({tagged("a", {{0, true}, {1, false}}), tagged("b", {{1, true}}), tagged("c", {})});
  REQUIRE(names_matching(project, "tag=cat") == "a;");
  REQUIRE(names_matching(project, "tag!=cat") == "b;c;");
  REQUIRE(names_matching(project, "absent=dog") == "a;");
  REQUIRE(names_matching(project, "tag~\"*\"") == "a;b;");
  REQUIRE(names_matching(project, "tag=dog or absent=dog") == "a;b;");
}

TEST_CASE("key points of a class are kept, journalled and checked") {
  ProjectFixture fixture;
  auto project = fixture.open();
  project.classes().set_key_points("cat", {"nose", "tail"}, {{0, 1}});
  auto cat = project.classes().list()[0];
  REQUIRE(cat.key_points == std::vector<std::string>{"nose", "tail"});
  REQUIRE(cat.skeleton == std::vector<std::pair<int, int>>{{0, 1}});
  REQUIRE(project.images().history(0, 1).front().after ==
          R"({"class_id":1,"color":")" + cat.color +
              R"(","name":"cat","supercategory":"","key_points":["nose","tail"],"skeleton":[[0,1]]})");
  auto entries = project.images().history().size();
  project.classes().set_key_points("cat", {"nose", "tail"}, {{0, 1}});
  REQUIRE(project.images().history().size() == entries);
  REQUIRE(message_of<UsageError>([&] {
            project.classes().set_key_points("dog", {"nose"}, {{0, 1}});
          }) == "the skeleton of class 'dog' joins key point 1; it has 1, from 0");
}

TEST_CASE("a snapshot keeps tags, attributes and key points, only where there are any") {
  ProjectFixture fixture;
  auto project = fixture.open();
  project.images().add({tagged("a", {{1, false}, {0, true}}, {{"k", "v"}}), tagged("b", {})});
  project.classes().set_key_points("bird", {"beak", "tail"}, {{0, 1}});
  auto snapshot = project.snapshots().create({});
  auto rest = [](const char* name) {
    return R"("height":480,"name":")" + std::string(name) + R"(","sha256":")" + sha256_hex(name) +
           R"(","split":"train","state":"done",)";
  };
  REQUIRE(read_file(snapshot.folder / "manifest.jsonl") ==
          R"({"classes":[{"name":"cat"},{"name":"dog"},)"
          R"({"key_points":["beak","tail"],"name":"bird","skeleton":[[0,1]]}],"format":1})"
          "\n"
          R"({"annotations":[],"attributes":{"k":"v"},)" +
              rest("a") +
              R"("tags":[{"class":0},{"class":1,"present":false}],"width":640})"
              "\n"
              R"({"annotations":[],)" +
              rest("b") +
              R"("width":640})"
              "\n");
  auto loaded = project.snapshots().load(snapshot.id, Split::train);
  REQUIRE(loaded.images.size() == 2);
  REQUIRE(loaded.images[0].tags == Tags{{0, true}, {1, false}});
  REQUIRE(loaded.images[0].attributes == Attributes{{"k", "v"}});
  REQUIRE(loaded.classes[2].key_points == std::vector<std::string>{"beak", "tail"});
  REQUIRE(loaded.classes[2].skeleton.size() == 1);
}

TEST_CASE("an attribute called split does not confuse the reading of one split") {
  ProjectFixture fixture;
  auto project = fixture.open();
  project.images().add({tagged("a", {{0, true}}, {{"split", "test"}, {"x", "\"split\":\"test\""}})});
  auto snapshot = project.snapshots().create({});
  REQUIRE(project.snapshots().load(snapshot.id, Split::train).images.size() == 1);
  REQUIRE(project.snapshots().load(snapshot.id, Split::test).images.empty());
}

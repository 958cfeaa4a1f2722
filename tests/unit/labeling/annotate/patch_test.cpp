#include "ds/labeling/patch.h"

#include <nlohmann/json.hpp>

#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

/// a.jpg with annotations 1 (disc) and 2 (square proposal), b.jpg empty.
struct Fixture {
  LabelingProject folder;
  Project project = folder.as("ada");
  Fixture() {
    project.images().add({LabelingProject::image("a.jpg", ImageState::review,
                                                 {LabelingProject::label(0, {0.1, 0.2, 10.3, 10.7}),
                                                  LabelingProject::proposal(1, {20, 20, 30, 30}, .6)}),
                          LabelingProject::image("b.jpg")});
  }
  std::vector<AnnotateResult> apply(const std::string& text, const std::string& image = "") {
    return apply_patches(project, text, "p.json", {image, false, {}});
  }
  template <typename Exception = FormatError>
  std::string refused(const std::string& text, const std::string& image = "a.jpg") {
    return refusal<Exception>([&] { apply(text, image); });
  }
};

}  // namespace

TEST_CASE("the document of an image") {
  Fixture f;
  auto image = f.project.images().find("a.jpg");
  auto document = image_document(image, f.project.classes().list());
  REQUIRE(document["status"] == "review");
  REQUIRE(
      document["annotations"][1].dump() ==
      R"({"id":2,"class":"square","bbox":[20.0,20.0,10.0,10.0],"score":0.6,"source":"automatic","model":"m-1","proposal":true})");
}

TEST_CASE("a patch adds, changes by id and removes in one revision") {
  Fixture f;
  auto results = f.apply(R"([
    {"op": "add", "path": "/annotations/-", "value": {"class": "triangle", "bbox": [5, 5, 10, 10], "crowd": true}},
    {"op": "remove", "path": "/annotations/#1"},
    {"op": "replace", "path": "/annotations/#2/class", "value": "disc"}])",
                         "a.jpg");
  REQUIRE(results.size() == 1);
  const auto& image = results[0].image;
  REQUIRE(image.revision == 2);
  REQUIRE(image.annotations.size() == 2);
  REQUIRE(results[0].removed == std::vector<std::int64_t>{1});
  REQUIRE(results[0].edited == std::vector<std::int64_t>{2});
  REQUIRE(results[0].added.size() == 1);
  REQUIRE(image.annotations[0].class_idx == 0);
  REQUIRE(!image.annotations[0].proposal);
  REQUIRE(image.annotations[0].model_id == "m-1");
  REQUIRE(image.annotations[1].shape == Shape(Box{5, 5, 15, 15}));
  REQUIRE(image.annotations[1].crowd);
}

TEST_CASE("what a patch does not touch stays bit for bit") {
  Fixture f;
  auto before = f.project.images().find("a.jpg").annotations.at(0);
  f.apply(R"([{"op":"add","path":"/annotations/#1/difficult","value":true}])", "a.jpg");
  auto after = f.project.images().find("a.jpg").annotations.at(0);
  REQUIRE(after.difficult);
  REQUIRE(after.shape == before.shape);
}

TEST_CASE("several images are patched all or none") {
  Fixture f;
  std::string good = R"({"image":"a.jpg","revision":1,"patch":[{"op":"remove","path":"/annotations/0"}]})";
  auto bad =
      R"({"image":"b.jpg","patch":[{"op":"add","path":"/annotations/-","value":{"class":"disc","bbox":[90,0,20,5]}}]})";
  REQUIRE(
      f.refused("[" + good + "," + bad + "]") ==
      "p.json: /1/patch: b.jpg: annotation 0: box 90,0,20,5 reaches x = 110, outside the image (100 x 50)");
  REQUIRE(f.project.images().find("a.jpg").annotations.size() == 2);

  auto fine =
      R"({"image":"b.jpg","comment":"empty","patch":[{"op":"replace","path":"/status","value":"done"}]})";
  auto results = f.apply("[" + good + "," + fine + "]");
  REQUIRE(results.size() == 2);
  REQUIRE(f.project.images().find("b.jpg").state == ImageState::done);
  REQUIRE(f.project.images().history(results[1].image.id).at(0).comment == "empty");
}

TEST_CASE("broken patches are located") {
  Fixture f;
  REQUIRE(f.refused("[{\"op\": \"remove\",\n  \"path\" \"/annotations/0\"}]") ==
          "p.json:2:25: not JSON: syntax error while parsing object separator - unexpected string literal; "
          "expected "
          "':'\n    \"path\" \"/annotations/0\"}]\n" +
              std::string(26, ' ') + "^");
  REQUIRE(f.refused("3") ==
          "p.json: /: expected a list of operations, or objects with \"image\" and \"patch\"");
  REQUIRE(f.refused("[]", "") == "p.json: /: these operations name no image; give one on the command line");
  REQUIRE(f.refused(R"({"image":"a.jpg","ops":[]})") ==
          "p.json: /ops: unknown member; known: image, revision, comment, patch");
  REQUIRE(f.refused(R"([{"op":"remove","path":"/annotations/9"}])") ==
          "p.json: /0: array index 9 is out of range");
  REQUIRE(f.refused(R"([{"op":"remove","path":"/annotations/#9"}])") ==
          "p.json: /0: the image has no annotation 9");
  REQUIRE(f.refused(R"([{"op":"replace","path":"/width","value":3}])") ==
          "p.json: /: a patch changes /annotations and /status, not /width");
  REQUIRE(
      f.refused(R"([{"op":"add","path":"/annotations/-","value":{"class":"disc"}}])") ==
      "p.json: /: a.jpg: annotation 2: an annotation needs one of bbox, rotated_box, polygon, mask, points, "
      "polyline");
  REQUIRE(
      f.refused(R"([{"op":"add","path":"/annotations/-","value":{"class":"disc","bbox":[1,2,"x",4]}}])") ==
      "p.json: /: a.jpg: annotation 2: bbox [1,2,\"x\",4] is not [x, y, w, h]");
  REQUIRE(
      f.refused(R"([{"op":"add","path":"/annotations/0/score","value":0.5}])") ==
      "p.json: /: a.jpg: annotation 0: \"score\" says where an annotation came from; a patch cannot set it");
  REQUIRE(f.refused(R"([{"op":"add","path":"/annotations/0/proposal","value":true}])") ==
          "p.json: /: a.jpg: annotation 0: only a model makes proposals; a patch cannot set \"proposal\"");
  REQUIRE(f.refused<UsageError>(R"([{"op":"replace","path":"/annotations/0/class","value":"disk"}])") ==
          "p.json: a.jpg: annotation 0: unknown class 'disk'; known: disc, square, triangle | did you mean "
          "'disc'?");
  REQUIRE(f.refused<UsageError>(R"([{"op":"replace","path":"/status","value":"done"}])") ==
          "a.jpg is review and cannot become done: it has unreviewed proposals (1), see ds-label review; "
          "allowed: "
          "working, rejected");
  REQUIRE(f.project.images().find("a.jpg").revision == 1);
}

TEST_CASE("a test that does not hold is a conflict") {
  Fixture f;
  REQUIRE(f.refused<Busy>(R"([{"op":"test","path":"/annotations/0/class","value":"square"}])") ==
          "p.json: /0: the test does not hold: /annotations/0/class is not \"square\" | the image has "
          "changed since "
          "the patch was made: look at it again");
  REQUIRE(f.refused<Busy>(R"({"image":"a.jpg","revision":7,"patch":[]})")
              .starts_with("image 'a.jpg' has changed: revision 7 expected, 1 found"));
}

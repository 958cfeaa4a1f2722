#include "ds/metrics/open_images.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

TruthObject dog(double x, double side, bool group = false) {
  TruthObject o{x, 0, side, side, side * side};
  o.crowd = group;
  return o;
}

/// A dog and a group of dogs on image 1; on image 2 nobody looked for dogs; on image 3 there is none.
struct Scored {
  TruthTable truth{{{1, "a.jpg", {}}, {2, "b.jpg", {}}, {3, "c.jpg", {}}},
                   {{1, "dog"}, {2, "animal"}},
                   {dog(0, 10), dog(50, 100, true)}};
  TruthLabels labels{{{{0}, {}, {}}, {{}, {}, {}}, {{}, {0}, {}}}, {0, 0}, true, true, false};
  DetectionTable table{"model",
                       {{60, 10, 10, 10, .9, 0, 0},   // in the group
                        {80, 10, 10, 10, .8, 0, 0},   // in the group again
                        {0, 0, 10, 10, .7, 0, 0},     // the dog
                        {0, 200, 10, 10, .6, 0, 0},   // nothing
                        {0, 0, 10, 10, .95, 1, 0},    // on image 2
                        {0, 0, 10, 10, .85, 2, 0}}};  // on image 3

  ProtocolResult result() const { return open_images(truth, labels, table); }
};

}  // namespace

TEST_CASE("Open Images by hand") {
  // Two to find, the group being one. .9 right (1/1), .85 wrong, .8 left out, .7 right (2/3), .6 wrong.
  const auto result = Scored().result();
  REQUIRE(result.classes[0].objects == 2);
  REQUIRE(*result.classes[0].ap == Approx(.5 * 1 + .5 * 2 / 3).epsilon(1e-12));
  REQUIRE_FALSE(result.classes[1].ap.has_value());
  REQUIRE(*result.numbers.at(0).value == *result.classes[0].ap);
}

TEST_CASE("Open Images: each rule counts") {
  Scored half_out;  // 4 of 10 columns in the group: wrong. Then .9 wrong, .85 wrong, .8 right (1/3), .7 right
                    // (2/4).
  half_out.table.boxes[0].x = 44;
  REQUIRE(*half_out.result().numbers[0].value == Approx(.5));
  Scored half_in;  // half of it is enough
  half_in.table.boxes[0].x = 45;
  REQUIRE(*half_in.result().numbers[0].value == Approx(.5 + .5 * 2 / 3));
  Scored unverified;  // then image 3 is not looked at either: .9 right, .7 right
  unverified.labels.images[2].negative.clear();
  REQUIRE(*unverified.result().numbers[0].value == Approx(1));
  Scored twice;  // the dog found again is wrong: .9 right, .85 wrong, .75 right (2/3), .7 wrong
  twice.table.boxes.push_back({0, 0, 10, 10, .75, 0, 0});
  REQUIRE(*twice.result().numbers[0].value == Approx(.5 + .5 * 2 / 3));
  Scored missed;  // a group without a detection in it is a miss: one of two found at .7, behind .85
  missed.table.boxes.erase(missed.table.boxes.begin(), missed.table.boxes.begin() + 2);
  REQUIRE(*missed.result().numbers[0].value == Approx(.5 * .5));
  Scored difficult;  // neither counts nor harms
  difficult.truth.objects[0].ignore = true;
  REQUIRE(difficult.result().classes[0].objects == 1);
  REQUIRE(*difficult.result().numbers[0].value == Approx(1));
}

TEST_CASE("what the hierarchy implies") {
  const LabelHierarchy hierarchy = {{"animal", {}}, {"dog", {"animal"}}, {"newt", {"animal"}}};
  Scored c;
  c.labels.images[2].negative = {1};
  expand_labels(hierarchy, c.truth, c.labels);
  REQUIRE(c.truth.objects.size() == 4);  // each dog is an animal too
  REQUIRE(c.truth.objects[2].class_idx == 1);
  REQUIRE(c.labels.images[0].positive == std::vector<std::int32_t>{0, 1});
  REQUIRE(c.labels.images[2].negative == std::vector<std::int32_t>{0, 1});  // no animal: no dog
  REQUIRE(*c.result().classes[1].ap == 0);  // the model says nothing of animals
}

TEST_CASE("a hierarchy of other names is refused") {
  Scored c;
  REQUIRE_THROWS_WITH(expand_labels({{"tree", {"plant"}}}, c.truth, c.labels),
                      "no name of the hierarchy is a class of the ground truth");
}

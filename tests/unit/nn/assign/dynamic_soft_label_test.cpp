#include "assign/dynamic_soft_label.h"

#include <cmath>

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::detail;

namespace {

/// Predictions for a 32x32 input with one level of stride 8: points at 0, 8, 16, 24; every box is one point
/// without extent (IoU 0) and every logit 0 (score 0.5) until a test says otherwise.
struct Scene {
  int classes = 1;
  std::vector<AnchorPoint> anchors = anchor_points(32, 32, {8});
  std::vector<float> boxes = std::vector<float>(16 * 4, 0.0F);
  std::vector<float> logits = std::vector<float>(16, 0.0F);

  explicit Scene(int num_classes = 1)
      : classes(num_classes), logits(16 * static_cast<std::size_t>(num_classes), 0.0F) {}
  void set_box(std::size_t anchor, std::array<float, 4> box) {
    std::copy(box.begin(), box.end(), boxes.begin() + static_cast<std::ptrdiff_t>(anchor) * 4);
  }
  std::vector<Assignment> assign(const std::vector<AssignObject>& objects,
                                 const DynamicSoftLabelOptions& options = {}) const {
    return assign_dynamic_soft_label(anchors, {boxes.data(), logits.data(), classes}, objects, options);
  }
};

// Reaches from 6 to 26: the points 8, 16 and 24 of both axes lie inside, anchors 5..7, 9..11 and 13..15.
const AssignObject kObject{16, 16, 20, 20, 0};

}  // namespace

TEST_CASE("an object gets the point whose box fits it") {
  Scene scene;
  scene.set_box(10, {6, 6, 26, 26});  // IoU 1, all others 0: k = 1
  auto assigned = scene.assign({kObject});
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].anchor_idx == 10);
  REQUIRE(assigned[0].object_idx == 0);
  REQUIRE(assigned[0].iou == Approx(1));
}

TEST_CASE("the number of points is the floor of the sum of the best overlaps, of 13 at most") {
  Scene scene;
  for (std::size_t anchor : {5, 6, 7, 9, 10}) scene.set_box(anchor, {6, 6, 26, 26});
  scene.set_box(11, {6, 6, 26, 16});  // IoU 200 / 400 = .5
  REQUIRE(scene.assign({kObject}).size() == 5);
  REQUIRE(scene.assign({kObject}, {.candidates = 2}).size() == 2);
}

TEST_CASE("only points strictly inside an object are candidates") {
  Scene scene;
  for (std::size_t anchor = 0; anchor < 16; ++anchor) scene.set_box(anchor, {8, 8, 24, 24});
  // From 8 to 24: of 0, 8, 16, 24 only 16 lies inside.
  auto assigned = scene.assign({{16, 16, 16, 16, 0}});
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].anchor_idx == 10);
}

TEST_CASE("the cost is quality focal loss, minus 3 log IoU, plus the centre prior") {
  Scene scene(2);
  // Point 10 is the centre, IoU 200/400 = .5. Both scores are .5, so the true class costs nothing and the
  // other .693 * .25 = .173. Sum: .173 + 3 * .693 + 10^-3 = 2.254.
  // Point 11 is one stride off, IoU 240/400 = .6: .693 * .01 + .173 + 3 * .511 + 10^-2 = 1.723. k is
  // floor(1.1) = 1.
  scene.set_box(10, {6, 6, 26, 16});
  scene.set_box(11, {6, 6, 26, 18});
  auto assigned = scene.assign({kObject});
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].anchor_idx == 11);
  REQUIRE(assigned[0].iou == Approx(.6));
  SECTION("a confident wrong class is dear") {
    // Of point 11: a logit of 2 for the other class, score .881: (2 + log(1 + e^-2)) * .776 = 1.650 instead
    // of .173: 3.200 in all.
    scene.logits[11 * 2 + 1] = 2;
    REQUIRE(scene.assign({kObject})[0].anchor_idx == 10);
  }
  SECTION("so is a score far below the overlap") {
    // A logit of -4, score .018, against .6: (4 * .6 + .018) * .339 = .819 instead of .007: 2.535 in all.
    scene.logits[11 * 2] = -4;
    REQUIRE(scene.assign({kObject})[0].anchor_idx == 10);
  }
  SECTION("the centre prior grows tenfold each stride") {
    // With a radius of 0, 10^0 for the centre and 10^1 for its neighbour.
    REQUIRE(scene.assign({kObject}, {.center_radius = 0})[0].anchor_idx == 10);
  }
}

TEST_CASE("a point two objects want goes to the one it costs less") {
  Scene scene;
  // Both objects are centred on point 10. It predicts the second exactly (cost .693 * .25 = .173); with the
  // first, IoU is 100/400 = .25 (.693 * .0625 + 3 * 1.386 = 4.2). Both have k = 1; the first gets nothing.
  scene.set_box(10, {6, 6, 26, 26});
  auto assigned = scene.assign({{16, 16, 10, 10, 0}, kObject});
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].object_idx == 1);
}

TEST_CASE("no objects, objects between the points, and predictions that are not numbers") {
  Scene scene;
  REQUIRE(scene.assign({}).empty());
  REQUIRE(scene.assign({{4, 4, 6, 6, 0}}).empty());
  scene.set_box(10, {26, 26, 6, 6});  // inside out: no overlap
  REQUIRE(scene.assign({kObject})[0].iou == 0);
  for (auto& value : scene.boxes) value = std::nanf("");
  auto assigned = scene.assign({kObject});
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].anchor_idx == 10);  // all cost the same but for the distance
  REQUIRE(assigned[0].iou == 0);
  for (auto& value : scene.logits) value = std::nanf("");
  REQUIRE(scene.assign({kObject}).empty());
}

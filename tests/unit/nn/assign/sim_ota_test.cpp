#include "assign/sim_ota.h"

#include <cmath>

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::detail;

namespace {

/// Predictions for a 32x32 input with one level of stride 8: 4x4 cells, every box one cell wide and centred.
struct Scene {
  std::vector<AnchorPoint> anchors = anchor_points(32, 32, {8});
  std::vector<float> boxes = std::vector<float>(16 * 5, 0.0F);
  std::vector<float> classes = std::vector<float>(16 * 2, 0.0F);

  Scene() {
    for (std::size_t a = 0; a < 16; ++a) {
      boxes[a * 5] = 0.5F;
      boxes[a * 5 + 1] = 0.5F;
    }
  }
  std::vector<Assignment> assign(const std::vector<AssignObject>& objects) const {
    return assign_sim_ota(anchors, {boxes.data(), classes.data(), 2}, objects);
  }
};

}  // namespace

TEST_CASE("anchor points run row by row, level by level") {
  auto points = anchor_points(32, 64, {8, 16});
  REQUIRE(points.size() == 8 * 4 + 4 * 2);
  REQUIRE(points[9].column == 1);
  REQUIRE(points[9].row == 1);
  REQUIRE(points[32].stride == 16);
}

TEST_CASE("an object gets the cell whose prediction fits it") {
  Scene scene;
  // Cell (1,1) predicts exactly the object (IoU 1); its neighbours predict boxes that only touch it (IoU 0).
  // k = floor(1 + 0 + ...) = 1.
  auto assigned = scene.assign({{12, 12, 8, 8, 0}});
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].anchor_idx == 5);
  REQUIRE(assigned[0].object_idx == 0);
  REQUIRE(assigned[0].iou == Approx(1));
}

TEST_CASE("the number of cells is the floor of the sum of the best overlaps") {
  Scene scene;
  // All nine cells within 1.5 strides of (12,12) predict the object: IoU 1 each, k = 9.
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column) {
      auto* box = scene.boxes.data() + (row * 4 + column) * 5;
      box[0] = 1.5F - static_cast<float>(column);
      box[1] = 1.5F - static_cast<float>(row);
    }
  }
  REQUIRE(scene.assign({{12, 12, 8, 8, 0}}).size() == 9);
}

TEST_CASE("an object without any overlap still gets its cheapest cell, by class score") {
  Scene scene;
  for (std::size_t a = 0; a < 16; ++a) scene.boxes[a * 5] = 50;  // every prediction far to the right
  scene.classes[10 * 2 + 1] = 3;  // cell 10 (column 2, row 2) alone believes in class 1
  auto assigned = scene.assign({{16, 16, 8, 8, 1}});
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].anchor_idx == 10);
  REQUIRE(assigned[0].iou == 0);
}

TEST_CASE("a cell two objects want goes to the one it costs less") {
  Scene scene;
  // Both objects are centred on cell 5. The first equals its prediction (8x8: IoU 1), the second is
  // 4x4 inside it (IoU 16/64 = 0.25). Each has k = 1 and cell 5 as the cheapest; the first wins,
  // the second gets nothing.
  auto assigned = scene.assign({{12, 12, 4, 4, 0}, {12, 12, 8, 8, 0}});
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].object_idx == 1);
}

TEST_CASE("the cost is the binary cross entropy of both classes minus 3 log IoU") {
  Scene scene;
  // Object A (class 0) at cell 5 and its neighbour 6: cell 5 has IoU 1 but is sure of class 1, cell 6 has
  // lower IoU with neutral scores. Objectness logit 0 -> 0.5 everywhere. cell 5: p0 = sqrt(s(-6)*.5) =
  // sqrt(.002473*.5) = .0352, p1 = sqrt(s(6)*.5) = .7062
  //         -log(.0352) - log(1-.7062) = 3.347 + 1.225 = 4.572
  // cell 6 shifted to IoU 0.6: p0 = p1 = sqrt(.25) = .5: -2 log .5 - 3 log .6 = 1.386 + 1.532
  // = 2.919 -> cheaper
  scene.classes[5 * 2] = -6;
  scene.classes[5 * 2 + 1] = 6;
  scene.boxes[6 * 5] = -0.25F;  // centre x = (2 - .25) * 8 = 14: overlap 6x8 = 48, union 80, IoU .6
  auto assigned = scene.assign({{12, 12, 8, 8, 0}});  // k = floor(1 + .6) = 1
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].anchor_idx == 6);
  REQUIRE(assigned[0].iou == Approx(0.6));
}

TEST_CASE(
    "no objects and objects outside the grid get nothing; predictions that are not numbers stay in range") {
  Scene scene;
  REQUIRE(scene.assign({}).empty());
  REQUIRE(scene.assign({{500, 500, 8, 8, 0}}).empty());
  for (auto& value : scene.boxes) value = std::nanf("");
  auto assigned = scene.assign({{12, 12, 8, 8, 0}});
  REQUIRE(assigned.size() == 1);
  REQUIRE(assigned[0].anchor_idx < 16);
  REQUIRE(assigned[0].iou == 0);
}

#include "ds/labeling/geometry_input.h"

#include <cmath>
#include <limits>

#include "ds/geometry/clip_shape.h"
#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

const Image kImage = LabelingProject::image("a.jpg");  // 100 x 50

ShapeInput box(const std::string& text, bool clip = false, bool normalized = false) {
  ShapeInput input;
  input.box = text;
  input.clip = clip;
  input.normalized = normalized;
  return input;
}

std::string refused(const ShapeInput& input) {
  return refusal([&] { parse_shape(input, kImage); });
}

}  // namespace

TEST_CASE("a box is left, top, width, height") {
  // 10 + 20 = 30, 5 + 40 = 45
  REQUIRE(*parse_shape(box("10, 5,20,40"), kImage) == Shape(Box{10, 5, 30, 45}));
  // 0.1 * 100, 0.5 * 50, then + 0.2 * 100, + 0.5 * 50
  REQUIRE(*parse_shape(box("0.1,0.5,0.2,0.5", false, true), kImage) == Shape(Box{10, 25, 30, 50}));
  REQUIRE(!parse_shape(ShapeInput{}, kImage));
}

TEST_CASE("boxes that make no sense are refused with what is wrong") {
  REQUIRE(refused(box("1,2,3")) == "--box '1,2,3' is not x,y,w,h");
  REQUIRE(refused(box("1,2,three,4")) == "--box '1,2,three,4' is not x,y,w,h");
  REQUIRE(refused(box("1,2,nan,4")) == "--box '1,2,nan,4' is not x,y,w,h");
  REQUIRE(refused(box("1,2,0,4")) == "a.jpg: box 1,2,0,4 (x,y,w,h) has a side that is not positive");
  REQUIRE(
      refused(box("90,10,20,5")) ==
      "a.jpg: box 90,10,20,5 reaches x = 110, outside the image (100 x 50) | --clip cuts it at the image's "
      "border");
  REQUIRE(
      refused(box("-3,10,20,5")) ==
      "a.jpg: box -3,10,20,5 reaches x = -3, outside the image (100 x 50) | --clip cuts it at the image's "
      "border");
  auto both = box("1,2,3,4");
  both.polygon = "1,1 2,2 3,1";
  REQUIRE(refused(both) == "give one of --box, --rotated-box and --polygon, not several");
}

TEST_CASE("rounding outside by a hair is put on the border") {
  auto shape = *parse_shape(box("0.7,0,0.3,1", false, true), kImage);
  REQUIRE(std::get<Box>(shape).x1 <= 100);
  REQUIRE(std::get<Box>(shape).y1 == 50);
}

TEST_CASE("clipping cuts at the border") {
  REQUIRE(*parse_shape(box("90,40,20,20", true), kImage) == Shape(Box{90, 40, 100, 50}));
  REQUIRE(refused(box("120,10,5,5", true)) == "the box lies wholly outside the image (100 x 50)");
}

TEST_CASE("polygons have rings of points") {
  ShapeInput input;
  input.polygon = "0,0 10,0 10,10; 20,20 30,20 30,30 20,30";
  auto polygon = std::get<Polygon>(*parse_shape(input, kImage));
  REQUIRE(polygon.rings.size() == 2);
  REQUIRE(polygon.rings[1].size() == 4);
  // 10 * 10 / 2 + 10 * 10
  REQUIRE(area_of(polygon) == 150);

  input.polygon = "0,0 10,0";
  REQUIRE(refused(input) == "a.jpg: a polygon ring needs at least 3 points, not 2");
  input.polygon = "0,0 10,10 20,20";
  REQUIRE(refused(input) == "a.jpg: a polygon ring has no area");
  input.polygon = "0,0 10;5 3,3";
  REQUIRE(refused(input) ==
          "--polygon '0,0 10;5 3,3': '10' is not x,y | points are separated by blanks, rings by ';'");
}

TEST_CASE("a clipped polygon is the part inside") {
  ShapeInput input;
  input.polygon = "90,0 110,0 110,20 90,20";
  input.clip = true;
  // [90,100] x [0,20]
  REQUIRE(area_of(*parse_shape(input, kImage)) == Approx(200));
}

TEST_CASE("a shape that is clipped is what geometry leaves of it") {
  for (const Shape& shape : {Shape(Polygon{{{{90, 0}, {110, 0}, {110, 20}, {90, 20}}}}),
                             Shape(Polyline{{{1, 1}, {80, 20}, {120, 40}}}),
                             Shape(KeyPoints{{{20, 20}, {120, 20}}, {2, 2}, {10, 10, 90, 40}}),
                             Shape(RotatedBox{100, 25, 14, 14, 45})})
    REQUIRE(clip_shape(shape, 100, 50) == clipped_shape(shape, 100, 50));
}

TEST_CASE("a rotated box that is clipped becomes a polygon") {
  ShapeInput input;
  input.rotated_box = "50,25,20,10,30";
  auto rotated = std::get<RotatedBox>(*parse_shape(input, kImage));
  REQUIRE(rotated == RotatedBox{50, 25, 20, 10, 30});

  // A square on its corner about (100, 25), half diagonal 10: the left half of its area 200 is inside.
  input.rotated_box = "100,25,14.142135623730951,14.142135623730951,45";
  REQUIRE(refused(input).starts_with("a.jpg: rotated-box reaches x = 110"));
  input.clip = true;
  auto shape = *parse_shape(input, kImage);
  REQUIRE(kind_name(shape) == "polygon");
  REQUIRE(area_of(shape) == Approx(100));

  input.rotated_box = "0.5,0.5,0.1,0.1,20";
  input.normalized = true;
  REQUIRE(refused(input) ==
          "--normalized does not say how long the sides of a turned box are | give --rotated-box in pixels");
}

TEST_CASE("a mask must have the size of its image") {
  RunLengthMask mask{10, 10, {100}};
  REQUIRE(*shape_problem(mask, 100, 50) == "the mask is 10 x 10, the image 100 x 50");
  REQUIRE(*shape_problem(Box{0, 0, std::numeric_limits<double>::infinity(), 1}, 100, 50) ==
          "a number is not finite");
}

#include "ds/metrics/lvis.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

TruthObject object_of(std::int32_t class_idx, std::int32_t image_idx) {
  TruthObject o{0, 0, 50, 50, 2500};
  o.id = image_idx + 1;
  o.class_idx = class_idx;
  o.image_idx = image_idx;
  return o;
}

/// Frequent "cup" on image 1, where "fig" was looked for and is not; rare "fig" on image 2, where not every
/// one is labelled; common "net" was never looked for.
struct LvisCase {
  TruthTable truth{{{1, "a.jpg", {}}, {2, "b.jpg", {}}},
                   {{1, "cup"}, {2, "fig"}, {3, "net"}},
                   {object_of(0, 0), object_of(1, 1)}};
  TruthLabels labels{{{{}, {1}, {}}, {{}, {}, {1}}}, {'f', 'r', 'c'}, false, true, true};
  DetectionTable table{"model",
                       {{0, 0, 50, 50, .9, 0, 0},     // the cup
                        {200, 0, 50, 50, .8, 0, 1},   // a fig where there is none: wrong
                        {200, 0, 50, 50, .7, 0, 2},   // a net on image 1: not looked for
                        {0, 0, 50, 50, .6, 1, 1},     // the fig
                        {200, 0, 50, 50, .65, 1, 1},  // another fig, which may be there: ignored
                        {0, 0, 50, 50, .95, 1, 0}}};  // a cup on image 2: not looked for

  double number(const std::string& name) const {
    for (const auto& n : lvis(truth, labels, table).numbers)
      if (n.name == name) return n.value.value_or(-1);
    return -2;
  }
};

}  // namespace

TEST_CASE("LVIS by hand") {
  // cup: right at once, AP 1. fig: wrong, then right: precision 1/2 at every recall, AP .5. net: no object.
  const LvisCase c;
  REQUIRE(c.number("AP") == Approx(.75));
  REQUIRE(c.number("APf") == Approx(1));
  REQUIRE(c.number("APr") == Approx(.5));
  REQUIRE(c.number("APc") == -1);
  REQUIRE(c.number("AR300") == Approx(1));
  REQUIRE(c.number("APm") == Approx(.75));  // 50 x 50 is medium
  REQUIRE(c.number("APs") == -1);
}

TEST_CASE("LVIS: each rule counts") {
  LvisCase without_negative;  // then the wrong fig on image 1 is not looked at
  without_negative.labels.images[0].negative.clear();
  REQUIRE(without_negative.number("APr") == Approx(1));
  LvisCase exhaustive;  // then the other fig on image 2 is wrong as well: precision 1/3
  exhaustive.labels.images[1].not_exhaustive.clear();
  REQUIRE(exhaustive.number("APr") == Approx(1. / 3));
  LvisCase crowd;  // is an object like any other
  crowd.truth.objects[1].crowd = true;
  REQUIRE(crowd.number("APr") == Approx(.5));
  LvisCase ignored;
  ignored.truth.objects[1].ignore = true;
  REQUIRE(ignored.number("APr") == -1);
}

TEST_CASE("LVIS: 300 detections an image, over all classes") {
  LvisCase c;
  for (int i = 0; i < 299; ++i) c.table.boxes.push_back({300, 0, 50, 50, .99, 0, 2});
  REQUIRE(c.number("APf") == Approx(1));  // the cup is the 300th
  c.table.boxes.push_back({300, 0, 50, 50, .99, 0, 2});
  REQUIRE(c.number("APf") == Approx(0));
}

TEST_CASE("LVIS needs its own labels") {
  LvisCase c;
  c.labels.has_negative = false;
  REQUIRE_THROWS_WITH(c.number("AP"), "no image of the ground truth has 'neg_category_ids'; LVIS needs it");
  c.labels.has_negative = true;
  c.labels.frequency[2] = 0;
  REQUIRE_THROWS_WITH(c.number("AP"), "class net has no 'frequency' (r, c or f); LVIS needs it");
}

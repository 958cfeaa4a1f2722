#include "ds/metrics/matching.h"

#include <cmath>
#include <tuple>

#include "ds/base/error.h"
#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// Everything of a match, to compare with ==.
auto tied(const Match& m) {
  return std::tie(m.score, m.image_idx, m.detection_idx, m.object_idx, m.rank, m.hit, m.ignored);
}

void require_equal(const Matching& a, const Matching& b) {
  REQUIRE(a.classes.size() == b.classes.size());
  for (std::size_t c = 0; c < a.classes.size(); ++c) {
    REQUIRE(a.classes[c].matches.size() == b.classes[c].matches.size());
    for (std::size_t i = 0; i < a.classes[c].matches.size(); ++i)
      REQUIRE(tied(a.classes[c].matches[i]) == tied(b.classes[c].matches[i]));
    REQUIRE(a.classes[c].objects.size() == b.classes[c].objects.size());
  }
}

}  // namespace

TEST_CASE("matches stand by falling score, then image id, then file order") {
  // Many equal scores, some below 0, and both zeros, which are equal.
  for (const int images : {10, 400}) {
    auto made = testing::synthetic_truth({.images = images, .classes = 1});
    Random random(4);
    for (auto& d : made.detections.boxes) d.score = std::round(random.uniform(-3, 9)) / 8;
    for (std::size_t i = 0; i < made.detections.boxes.size(); i += 7) made.detections.boxes[i].score = -0.0;
    for (auto& image : made.truth.images) image.id = 100000 - image.id;
    const auto matching = match(made.truth, made.detections);
    const auto& all = matching.classes.at(0).matches;
    REQUIRE(all.size() == made.detections.boxes.size());
    for (std::size_t i = 1; i < all.size(); ++i) {
      const auto &a = all[i - 1], &b = all[i];
      REQUIRE(a.score >= b.score);
      if (a.score != b.score) continue;
      // Ids fall with the index here.
      REQUIRE(a.image_idx >= b.image_idx);
      if (a.image_idx == b.image_idx) REQUIRE(a.detection_idx < b.detection_idx);
    }
  }
}

TEST_CASE("the matching is the same at any number of threads") {
  const auto made = testing::synthetic_truth({.images = 100, .classes = 7});
  const auto one = match(made.truth, made.detections, {.threads = 1});
  for (const int threads : {2, 3, 16})
    require_equal(one, match(made.truth, made.detections, {.threads = threads}));
}

TEST_CASE("a detection table that does not fit the truth is refused at any number of threads") {
  const auto made = testing::synthetic_truth();
  auto table = made.detections;
  table.boxes[3].class_idx = 9;
  for (const int threads : {1, 4})
    REQUIRE_THROWS_WITH(match(made.truth, table, {.threads = threads}),
                        "synthetic: class index 9 is outside the 3 classes");
}

TEST_CASE("overlaps by hand") {
  TruthObject object{0, 0, 10, 10, 100};
  REQUIRE(coco_iou({5, 0, 10, 10, 1}, object) == Approx(50. / 150));
  REQUIRE(coco_iou({10, 0, 10, 10, 1}, object) == 0);  // touching is not overlapping
  object.crowd = true;
  REQUIRE(coco_iou({5, 0, 10, 10, 1}, object) == Approx(.5));  // of the detection's own area
}

#include "ds/metrics/operating_point.h"

#include <cmath>

#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

TruthObject object_in(double x, double y, double w, double h, int class_idx, int image_idx = 0) {
  TruthObject o{x, y, w, h, w * h};
  o.class_idx = class_idx;
  o.image_idx = image_idx;
  return o;
}

/// One image: two cats and a dog; one cat is found 2 pixels too far right, the dog is called a cat, one
/// detection is on the background, and the second cat is missed.
struct Small {
  TruthTable truth{{{1, "a.jpg", {}}}, {{1, "cat"}, {2, "dog"}}, {}};
  DetectionTable found{"small", {}};
  Small() {
    truth.objects = {object_in(0, 0, 40, 10, 0), object_in(100, 0, 40, 10, 0), object_in(200, 0, 50, 50, 1)};
    for (std::size_t i = 0; i < truth.objects.size(); ++i)
      truth.objects[i].id = static_cast<std::int64_t>(i) + 1;
    found.boxes = {{2, 0, 40, 10, 0.9, 0, 0},
                   {200, 0, 50, 50, 0.8, 0, 0},
                   {400, 400, 20, 20, 0.7, 0, 1},
                   {100, 0, 40, 10, 0.1, 0, 0}};
  }
};

}  // namespace

TEST_CASE("counts at a fixed threshold") {
  const Small s;
  const auto point = operating_point(match(s.truth, s.found), 0.5);
  REQUIRE(point.threshold == 0.5);
  REQUIRE_FALSE(point.chosen_on_this_set);
  REQUIRE(point.all == DetectionCounts{1, 2, 2});
  REQUIRE(point.classes[0] == DetectionCounts{1, 1, 1});
  REQUIRE(point.classes[1] == DetectionCounts{0, 1, 1});
  REQUIRE(*point.all.accuracy() == 1.0 / 5);
  REQUIRE(*point.all.error_rate() == 4.0 / 5);
  REQUIRE(*point.all.fp_share() == 2.0 / 5);
  REQUIRE(*point.all.fn_share() == 2.0 / 5);
  REQUIRE(*point.all.precision() == 1.0 / 3);
  REQUIRE(*point.all.recall() == 1.0 / 3);
  REQUIRE(*point.all.f1() == 2.0 / 6);
}

TEST_CASE("counts per size add objects and false positives of that size") {
  const Small s;
  const auto point = operating_point(match(s.truth, s.found), 0.5);
  // 40*10 = 400 and 20*20 = 400 are small (at most 1024), 50*50 = 2500 is medium.
  REQUIRE(point.sizes[0] == DetectionCounts{1, 1, 1});
  REQUIRE(point.sizes[1] == DetectionCounts{0, 1, 1});
  REQUIRE(point.sizes[2] == DetectionCounts{0, 0, 0});
  REQUIRE_FALSE(point.sizes[2].accuracy().has_value());
}

TEST_CASE("the threshold of best F1 is marked as chosen on this set") {
  const Small s;
  const auto point = operating_point(match(s.truth, s.found), std::nullopt);
  REQUIRE(point.chosen_on_this_set);
  // F1 = 2 tp / (detections + objects): 2/4 at .9, 2/5 at .8, 2/6 at .7, 4/7 at .1
  REQUIRE(point.threshold == 0.1);
  REQUIRE(*point.all.f1() == 4.0 / 7);
}

TEST_CASE("the confusion matrix keeps the true positives on its diagonal") {
  const Small s;
  const auto m = confusion_matrix(s.truth, s.found, match(s.truth, s.found), 0.5);
  REQUIRE(m.at(0, 0) == 1);  // the cat
  REQUIRE(m.at(1, 0) == 1);  // the dog that was called a cat
  REQUIRE(m.at(2, 1) == 1);  // background called a dog
  REQUIRE(m.at(0, 2) == 1);  // the missed cat
  REQUIRE(m.at(1, 2) == 0);
  REQUIRE(m.at(2, 0) == 0);
}

TEST_CASE("RMSE is over the four edges, as a share of object size") {
  const Small s;
  const auto point = operating_point(match(s.truth, s.found), 0.5);
  const auto e = edge_error(s.truth, s.found, point.pairs);
  REQUIRE(e.pairs == 1);
  // left and right are off by 2, top and bottom by 0: sqrt((4 + 4) / 4) = sqrt(2) px; size sqrt(40*10) = 20
  REQUIRE(std::abs(*e.rmse_px - std::sqrt(2.0)) < 1e-12);
  REQUIRE(std::abs(*e.rmse - 100 * std::sqrt(2.0) / 20) < 1e-12);
}

TEST_CASE("RMSE without pairs is absent") {
  const Small s;
  const auto e = edge_error(s.truth, s.found, {});
  REQUIRE(e.pairs == 0);
  REQUIRE_FALSE(e.rmse.has_value());
}

TEST_CASE("between models only objects that all matched count") {
  const Small s;
  auto better = s.found;
  better.boxes[0].x = 1;
  better.boxes[3].score = 0.95;  // also finds the second cat
  const auto a = operating_point(match(s.truth, s.found), 0.5);
  const auto b = operating_point(match(s.truth, better), 0.5);
  const auto errors = common_edge_errors(s.truth, {&s.found, &better}, {&a, &b});
  REQUIRE(errors[0].pairs == 1);
  REQUIRE(errors[1].pairs == 1);
  // left and right off by 1: sqrt(2/4)
  REQUIRE(std::abs(*errors[1].rmse_px - std::sqrt(0.5)) < 1e-12);
}

TEST_CASE("a crowd is neither found nor missed") {
  Small s;
  s.truth.objects[0].crowd = true;
  const auto point = operating_point(match(s.truth, s.found), 0.5);
  REQUIRE(point.all == DetectionCounts{0, 2, 2});
}

TEST_CASE("perfect detections have accuracy 1 and RMSE 0") {
  const auto made = testing::synthetic_truth({.jitter = 0, .missed = 0, .false_per_image = 0});
  const auto point = operating_point(match(made.truth, made.detections), std::nullopt);
  REQUIRE(*point.all.accuracy() == 1);
  REQUIRE(*edge_error(made.truth, made.detections, point.pairs).rmse == 0);
}

TEST_CASE("the threshold of best F1 is the best and highest of all scores") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    auto made = testing::synthetic_truth({.images = 30, .seed = seed, .model_seed = seed + 50});
    for (auto& d : made.detections.boxes) d.score = std::round(d.score * 20) / 20;  // many equal ones
    const auto matching = match(made.truth, made.detections);
    double best = 0, threshold = 0;
    for (int step = 20; step >= 0; --step) {
      const auto f1 = operating_point(matching, step / 20.0).all.f1().value_or(0);
      if (f1 <= best) continue;
      best = f1;
      threshold = step / 20.0;
    }
    REQUIRE(operating_point(matching, std::nullopt).threshold == threshold);
  }
}

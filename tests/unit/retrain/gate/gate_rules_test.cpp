#include "ds/retrain/gate_rules.h"

#include <algorithm>

#include "ds/retrain/verdict.h"

#include <catch2/catch.hpp>

using ds::RuleState;
using ds::TestPart;

namespace {

/// `count` images with one object of class 0 and one of class 1 each. `hits` tells, per image,
/// whether a model finds them; a found box is exact, so AP is the share of objects found (in steps
/// of the recall thresholds).
ds::GateInput scene(std::size_t count, const std::vector<bool>& champion,
                    const std::vector<bool>& challenger) {
  ds::GateInput input;
  input.truth.classes = {{1, "disc"}, {2, "bar"}};
  for (std::size_t i = 0; i < count; ++i) {
    input.truth.images.push_back({static_cast<std::int64_t>(i + 1), "i" + std::to_string(i), ""});
    for (int c = 0; c < 2; ++c) {
      ds::TruthObject object;
      object.x = 10 + 100 * c;
      object.y = 10;
      object.w = object.h = 50;
      object.area = 2500;
      object.id = static_cast<std::int64_t>(2 * i + static_cast<std::size_t>(c) + 1);
      object.image_idx = static_cast<std::int32_t>(i);
      object.class_idx = c;
      input.truth.objects.push_back(object);
      ds::DetectedBox box{object.x, object.y, object.w, object.h, 0.9, object.image_idx, c};
      if (champion[i]) input.champion.detections.boxes.push_back(box);
      if (challenger[i]) input.challenger.detections.boxes.push_back(box);
    }
  }
  input.parts.assign(count, TestPart::original);
  for (auto* model : {&input.champion, &input.challenger}) {
    model->facts = {{"latency_p50_ms", 10}, {"size_mb", 4}};
    model->classes = {"disc", "bar"};
  }
  return input;
}

const ds::RuleCheck& named(const std::vector<ds::RuleCheck>& rules, const std::string& name) {
  auto found =
      std::find_if(rules.begin(), rules.end(), [&](const ds::RuleCheck& rule) { return rule.name == name; });
  if (found == rules.end()) throw std::runtime_error("no term " + name);
  return *found;
}

std::vector<bool> first(std::size_t found, std::size_t of) {
  std::vector<bool> hits(of, false);
  std::fill_n(hits.begin(), found, true);
  return hits;
}

ds::RetrainPolicy quick() {
  ds::RetrainPolicy policy;
  policy.resamples = 200;
  return policy;
}

const std::string kTest = "AP on the frozen test set, difference";

}  // namespace

TEST_CASE("The same detections pass, with a difference of exactly 0") {
  auto rules = ds::gate_rules(scene(40, first(30, 40), first(30, 40)), quick());
  REQUIRE(*named(rules, kTest).value == 0);
  REQUIRE(*named(rules, kTest).low == 0);
  REQUIRE(named(rules, kTest).state == RuleState::met);
  REQUIRE(*named(rules, "AP of class 'disc', difference").value == 0);
  REQUIRE(ds::all_met(rules));
}

TEST_CASE("A loss that the interval shows is not met") {
  auto rules = ds::gate_rules(scene(40, first(40, 40), first(10, 40)), quick());
  const auto& ap = named(rules, kTest);
  REQUIRE(*ap.value < -0.7);
  REQUIRE(*ap.high < -0.01);
  REQUIRE(ap.state == RuleState::not_met);
  REQUIRE(named(rules, "AP of class 'bar', difference").state == RuleState::not_met);
}

TEST_CASE("A small loss on few images is unknown, and the floor of a class does not hold it against anyone") {
  // One image of 40 lost: 1/40 = .025 of the objects, more than .01, but a resample without it shows no loss.
  auto rules = ds::gate_rules(scene(40, first(40, 40), first(39, 40)), quick());
  const auto& ap = named(rules, kTest);
  REQUIRE(ap.state == RuleState::unknown);
  REQUIRE(ap.note.ends_with("; the interval crosses the limit"));
  REQUIRE(named(rules, "AP of class 'disc', difference").state == RuleState::met);
}

TEST_CASE("A loss that is shown is a regression, also where its interval crosses the limit") {
  // 4 of 40 lost, about -.10: the interval lies below 0 and around the limit of -.10.
  auto policy = quick();
  policy.max_loss = 0.1;
  auto rules = ds::gate_rules(scene(40, first(40, 40), first(36, 40)), policy);
  const auto& ap = named(rules, kTest);
  REQUIRE(*ap.low < -0.1);
  REQUIRE(*ap.high > -0.1);
  REQUIRE(*ap.high < 0);
  REQUIRE(ap.state == RuleState::not_met);
  REQUIRE(ap.note.ends_with("; a loss is shown, and that it is within the limit is not"));
  REQUIRE(ds::decide(rules) == ds::Verdict::regression);
  REQUIRE(ds::unmet_text({ap}) == "AP on the frozen test set, difference " + ds::value_text(ap) + " " +
                                      ds::interval_text(ap) + " (needs >= -0.1000)");
}

TEST_CASE("Too few test images are not enough data, whatever they say") {
  auto rules = ds::gate_rules(scene(8, first(8, 8), first(8, 8)), quick());
  REQUIRE(named(rules, "images of the frozen test set").state == RuleState::unknown);
  REQUIRE(named(rules, kTest).state == RuleState::unknown);
  REQUIRE(named(rules, kTest).note ==
          "1.0000 against 1.0000; 8 groups of images are too few for an interval");
}

TEST_CASE(
    "The holdout counts once it is large enough, and its images are not part of the original test set") {
  auto policy = quick();
  policy.min_holdout_images = 20;
  // Images 0..39 original, 40..59 holdout. The challenger finds everything on the first and
  // nothing on the second.
  auto input = scene(60, std::vector<bool>(60, true), first(40, 60));
  std::fill(input.parts.begin() + 40, input.parts.end(), TestPart::holdout);
  auto rules = ds::gate_rules(input, policy);
  REQUIRE(*named(rules, "images of the frozen test set").value == 40);
  REQUIRE(*named(rules, kTest).value == 0);
  REQUIRE(named(rules, "AP on the production holdout, difference").state == RuleState::not_met);
  REQUIRE(named(rules, "AP on the production holdout, difference").note == "0.0000 against 1.0000");

  policy.min_holdout_images = 21;
  rules = ds::gate_rules(input, policy);
  REQUIRE(*named(rules, "production holdout images").value == 20);
  REQUIRE(ds::all_met(rules));
}

TEST_CASE("Latency, size and classes have their limits; what was not measured is unknown") {
  auto input = scene(20, first(20, 20), first(20, 20));
  input.challenger.facts = {{"latency_p50_ms", 13}};
  input.challenger.classes = {"disc"};
  auto rules = ds::gate_rules(input, quick());
  // 13 / 10
  REQUIRE(*named(rules, "median latency over the champion's").value == Approx(1.3));
  REQUIRE(named(rules, "median latency over the champion's").state == RuleState::not_met);
  REQUIRE(named(rules, "size over the champion's").state == RuleState::unknown);
  REQUIRE(named(rules, "classes of the champion that are missing").note == "missing: bar");
}

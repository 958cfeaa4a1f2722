#include "ds/metrics/agreement.h"

#include "ds/metrics/label_suspects.h"
#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

TruthObject truth_object(double x, int class_idx, int image_idx = 0, double side = 40) {
  TruthObject o{x, 0, side, side, side * side};
  o.class_idx = class_idx;
  o.image_idx = image_idx;
  return o;
}

/// Models over one truth, kept together with their matchings.
struct Models {
  TruthTable truth{{{1, "a", {}}, {2, "b", {}}}, {{1, "cat"}, {2, "dog"}}, {}};
  std::vector<DetectionTable> tables;
  std::vector<Matching> matchings;

  std::vector<ModelFindings> findings(double threshold = 0.5) {
    matchings.clear();
    for (const auto& table : tables) matchings.push_back(match(truth, table));
    std::vector<ModelFindings> all;
    for (std::size_t m = 0; m < tables.size(); ++m) all.push_back({&tables[m], &matchings[m], threshold});
    return all;
  }
};

}  // namespace

TEST_CASE("kappa by hand") {
  // a found 20 + 5 of 50, b 20 + 10: they agree on (20 + 15) / 50 = .7; by chance .5 * .6 + .5 * .4 = .5;
  // (.7 - .5) / (1 - .5) = .4
  REQUIRE(PairAgreement{0, 1, 20, 5, 10, 15}.kappa() == Approx(.4));
  REQUIRE(PairAgreement{0, 1, 8, 0, 0, 0}.kappa() == 1);  // both found all
  REQUIRE(PairAgreement{0, 1, 0, 0, 0, 0}.kappa() == 1);
  REQUIRE(PairAgreement{0, 1, 5, 5, 0, 0}.kappa() == Approx(0));  // a finds all: nothing beyond chance
}

TEST_CASE("pairs, shared misses and where models differ") {
  Models m;
  m.truth.objects = {truth_object(0, 0), truth_object(100, 0), truth_object(200, 1), truth_object(300, 0),
                     truth_object(0, 0, 1)};
  m.truth.objects[3].crowd = true;
  // Both find object 0; a finds 1; b finds the cat of picture b; nobody finds the dog. Both see the same
  // false dog at 400; a another at 500; b's false cat at 500 is another class.
  m.tables = {{"a",
               {{0, 0, 40, 40, .9, 0, 0},
                {100, 0, 40, 40, .8, 0, 0},
                {400, 0, 40, 40, .7, 0, 1},
                {500, 0, 40, 40, .7, 0, 1},
                {0, 0, 40, 40, .4, 1, 0}}},
              {"b",
               {{0, 0, 40, 40, .9, 0, 0},
                {405, 0, 40, 40, .7, 0, 1},
                {500, 0, 40, 40, .7, 0, 0},
                {0, 0, 40, 40, .6, 1, 0}}}};
  const auto result = agreement(m.truth, m.findings());
  REQUIRE(result.pairs.size() == 1);
  REQUIRE(result.pairs[0].both == 1);
  REQUIRE(result.pairs[0].only_a == 1);
  REQUIRE(result.pairs[0].only_b == 1);
  REQUIRE(result.pairs[0].neither == 1);
  REQUIRE(result.missed_by_all == std::vector<std::int32_t>{2});
  // Picture a: object 1 and two false positives that are not shared; picture b: its cat.
  REQUIRE(result.disagreements.size() == 2);
  REQUIRE(result.disagreements[0].image_idx == 0);
  REQUIRE(result.disagreements[0].differing == 3);
  REQUIRE(result.disagreements[1].image_idx == 1);
  REQUIRE(result.disagreements[1].differing == 1);
}

TEST_CASE("a false positive of two models of three is one difference") {
  Models m;
  m.tables = {{"a", {{0, 0, 40, 40, .9, 0, 0}}}, {"b", {{2, 0, 40, 40, .8, 0, 0}}}, {"c", {}}};
  REQUIRE(agreement(m.truth, m.findings()).disagreements[0].differing == 1);
  m.tables[2] = m.tables[1];
  REQUIRE(agreement(m.truth, m.findings()).disagreements.empty());
}

TEST_CASE("one model alone has misses only") {
  Models m;
  m.truth.objects = {truth_object(0, 0)};
  m.tables = {{"a", {{200, 0, 40, 40, .9, 0, 0}}}};
  const auto result = agreement(m.truth, m.findings());
  REQUIRE(result.pairs.empty());
  REQUIRE(result.disagreements.empty());
  REQUIRE(result.missed_by_all == std::vector<std::int32_t>{0});
  REQUIRE(agreement(m.truth, {}).missed_by_all.empty());
}

TEST_CASE("suspects: a missing label is where every model sees the same") {
  Models m;
  m.truth.objects = {truth_object(0, 0)};
  // Largest scores 1 and .8. Both see a dog at 200 (.6 of 1, .6 of .8: mean (.6 + .75) / 2); only a sees one
  // at 300, and at 400 they see different classes.
  m.tables = {{"a",
               {{0, 0, 40, 40, 1.0, 0, 0},
                {200, 0, 40, 40, .6, 0, 1},
                {300, 0, 40, 40, .9, 0, 1},
                {400, 0, 40, 40, .9, 0, 1}}},
              {"b", {{0, 0, 40, 40, .8, 0, 0}, {202, 0, 40, 40, .6, 0, 1}, {400, 0, 40, 40, .7, 0, 0}}}};
  const auto suspects = label_suspects(m.truth, m.findings());
  REQUIRE(suspects.size() == 1);
  const auto& s = suspects[0];
  REQUIRE(s.kind == SuspectKind::missing_label);
  REQUIRE(s.object_idx == -1);
  REQUIRE(s.class_idx == 1);
  REQUIRE(s.x == 202);  // of b, which is surer
  REQUIRE(s.confidence == Approx((.6 + .75) / 2));
  REQUIRE(s.models == 2);
}

TEST_CASE("suspects: another class, a loose box, and a label that nobody sees") {
  Models m;
  // Picture a: three cats: called a dog by both; boxed 20 pixels off by both (IoU 20 / 60 = 1/3); not seen.
  // Picture b: two cats of the same size that both find.
  m.truth.objects = {truth_object(0, 0), truth_object(100, 0), truth_object(300, 0), truth_object(0, 0, 1),
                     truth_object(200, 0, 1)};
  m.tables = {{"a",
               {{0, 0, 40, 40, .8, 0, 1},
                {120, 0, 40, 40, .6, 0, 0},
                {300, 0, 40, 40, .1, 0, 1},
                {0, 0, 40, 40, 1, 1, 0},
                {200, 0, 40, 40, .9, 1, 0}}}};
  m.tables.push_back(m.tables[0]);
  const auto suspects = label_suspects(m.truth, m.findings());
  REQUIRE(suspects.size() == 3);
  REQUIRE(suspects[0].kind == SuspectKind::wrong_class);
  REQUIRE(suspects[0].object_idx == 0);
  REQUIRE(suspects[0].class_idx == 1);
  REQUIRE(suspects[0].confidence == Approx(.8));
  REQUIRE(suspects[1].kind == SuspectKind::loose_box);
  REQUIRE(suspects[1].object_idx == 1);
  REQUIRE(suspects[1].x == 120);
  REQUIRE(suspects[1].confidence == Approx(.6));
  REQUIRE(suspects[2].kind == SuspectKind::spurious_label);
  REQUIRE(suspects[2].object_idx == 2);
  REQUIRE(suspects[2].class_idx == -1);
  // 1 - .1 for the faint dog there, times 2 of 5 medium cats found.
  REQUIRE(suspects[2].confidence == Approx(.9 * 2 / 5));
}

TEST_CASE("suspects: loose boxes at different places do not agree") {
  Models m;
  m.truth.objects = {truth_object(100, 0)};
  m.tables = {{"a", {{120, 0, 40, 40, .9, 0, 0}}}, {"b", {{80, 0, 40, 40, .9, 0, 0}}}};
  REQUIRE(label_suspects(m.truth, m.findings()).empty());
}

TEST_CASE("suspects: models that are unsure say nothing") {
  Models m;
  // Means (.3 + .28) / 2 = .29 and (.32 + .3) / 2 = .31 of the largest score 1.
  m.tables = {{"a", {{400, 0, 40, 40, 1, 1, 0}, {0, 0, 40, 40, .3, 0, 0}, {200, 0, 40, 40, .32, 0, 0}}},
              {"b", {{200, 0, 40, 40, 1, 1, 0}, {0, 0, 40, 40, .28, 0, 0}, {200, 0, 40, 40, .3, 0, 0}}}};
  const auto suspects = label_suspects(m.truth, m.findings(.1));
  REQUIRE(suspects.size() == 1);
  REQUIRE(suspects[0].x == 200);
}

TEST_CASE("suspects: one model alone must be sure") {
  Models m;
  m.tables = {{"a", {{0, 0, 40, 40, .9, 0, 0}, {100, 0, 40, 40, .44, 0, 0}, {200, 0, 40, 40, .46, 0, 0}}}};
  // .44 / .9 < .5 < .46 / .9
  const auto suspects = label_suspects(m.truth, m.findings(.1));
  REQUIRE(suspects.size() == 2);
  REQUIRE(suspects[0].confidence == 1);
  REQUIRE(suspects[1].x == 200);
}

TEST_CASE("suspects: crowd and ignored objects are none and cover what lies on them") {
  Models m;
  m.truth.objects = {truth_object(0, 0, 0, 200), truth_object(300, 0)};
  m.truth.objects[0].crowd = true;
  m.truth.objects[1].ignore = true;
  // Inside the crowd; 20 of 40 columns on the ignored object, which is half; a free one on picture b.
  m.tables = {{"a", {{50, 50, 40, 40, .9, 0, 1}, {320, 0, 40, 40, .9, 0, 1}, {321, 0, 40, 40, .9, 1, 1}}}};
  auto suspects = label_suspects(m.truth, m.findings());
  REQUIRE(suspects.size() == 1);
  REQUIRE(suspects[0].image_idx == 1);
  m.tables[0].boxes[1].x = 321;  // 19 of 40 are too few
  suspects = label_suspects(m.truth, m.findings());
  REQUIRE(suspects.size() == 2);
}

TEST_CASE("suspects are the same however objects, images and detections stand in their files") {
  const auto one = testing::synthetic_truth({.images = 150, .jitter = .2}),
             two = testing::synthetic_truth({.images = 150, .jitter = .2, .model_seed = 7});
  auto places = [](const TruthTable& truth, const DetectionTable& a, const DetectionTable& b) {
    const auto ma = match(truth, a), mb = match(truth, b);
    std::vector<std::string> lines;
    for (const auto& s : label_suspects(truth, {{&a, &ma, .3}, {&b, &mb, .3}}))
      lines.push_back(to_string(s.kind) + " " + truth.images[static_cast<std::size_t>(s.image_idx)].name +
                      " " + std::to_string(s.x) + " " + std::to_string(s.confidence));
    return lines;
  };
  const auto expected = places(one.truth, one.detections, two.detections);
  REQUIRE(expected.size() > 5);
  auto truth = one.truth;
  auto a = one.detections, b = two.detections;
  const auto last = static_cast<std::int32_t>(truth.images.size()) - 1;
  std::reverse(truth.images.begin(), truth.images.end());
  std::reverse(truth.objects.begin(), truth.objects.end());
  for (auto& o : truth.objects) o.image_idx = last - o.image_idx;
  for (auto* table : {&a, &b}) {
    std::reverse(table->boxes.begin(), table->boxes.end());
    for (auto& box : table->boxes) box.image_idx = last - box.image_idx;
  }
  REQUIRE(places(truth, a, b) == expected);
}

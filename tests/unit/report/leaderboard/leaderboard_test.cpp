#include "ds/report/leaderboard.h"

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/report/evaluation_tables.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

LeaderboardEntry entry(const std::string& name, double ap, double ms, std::int64_t bytes) {
  LeaderboardEntry made;
  auto& e = made.evaluation;
  e.model.name = name;
  e.model.parameters = 910000;
  e.model.file_bytes = bytes;
  e.data = {"d", "s-1", "test", "0123456789abcdef", 20, 20, 100, 300};
  if (ms > 0) e.latency = Latency{20, ms, ms * 2, ms, 0};
  e.precision.numbers.values = {ap, ap + 0.2, ap, -1, ap, ap, 0, 0, 0, 0, 0, 0};
  e.operating.threshold = 0.4;
  e.operating.all = {6, 1, 3};
  e.edges = {6, 12.34, 3.5};
  e.class_names = {"cat"};
  e.precision.classes.resize(1);
  e.operating.classes.resize(1);
  e.operating.sizes.resize(3);
  e.confusion = {1, {6, 3, 1, 0}};
  return made;
}

std::vector<std::string> names(const std::vector<LeaderboardEntry>& entries) {
  std::vector<std::string> all;
  for (const auto& e : entries) all.push_back(e.evaluation.model.name);
  return all;
}

}  // namespace

TEST_CASE("entries sort best first, unknown values last") {
  std::vector<LeaderboardEntry> all{entry("a", 0.3, 0, 5000000), entry("b", 0.5, 30, 9000000),
                                    entry("c", 0.4, 10, 1000000)};
  sort_entries(all, "AP");
  REQUIRE(names(all) == std::vector<std::string>{"b", "c", "a"});
  sort_entries(all, "latency_p50_ms");
  REQUIRE(names(all) == std::vector<std::string>{"c", "b", "a"});
  REQUIRE_THROWS_AS(sort_entries(all, "latncy_p50_ms"), UsageError);
}

TEST_CASE("the best within limits") {
  const std::vector<LeaderboardEntry> all{entry("a", 0.6, 0, 5000000), entry("b", 0.5, 30, 9000000),
                                          entry("c", 0.4, 10, 1000000)};
  REQUIRE(best_within(all, {}, {})->evaluation.model.name == "a");
  REQUIRE(best_within(all, 50.0, {})->evaluation.model.name == "b");  // a's latency is not known
  REQUIRE(best_within(all, 50.0, 2.0)->evaluation.model.name == "c");
  REQUIRE_FALSE(best_within(all, 5.0, {}).has_value());
}

TEST_CASE("a model whose AP could not be measured is never the best") {
  const std::vector<LeaderboardEntry> nothing{entry("a", -1, 1, 1000), entry("b", -1, 1, 1000)};
  REQUIRE_FALSE(best_within(nothing, {}, {}).has_value());
  REQUIRE(why_best(nothing, {}, {}) ==
          std::vector<std::string>{"a (no AP) is left out: there is no object to measure it by.",
                                   "b (no AP) is left out: there is no object to measure it by."});
}

TEST_CASE("the leaderboard prints its definitions") {
  auto all = std::vector{entry("b", 0.5, 30, 9000000), entry("c", 0.4, 10, 1000000)};
  all[0].evaluation.intervals[0] = Interval{0.45, 0.55};
  all[0].evaluation.resamples = 100;
  all[1].behind_best = Interval{-0.2, 0.01};
  all[1].evaluation.operating.chosen_on_this_set = true;
  const auto text = leaderboard(all).to_text();
  // accuracy 6 / (6 + 1 + 3), error 4/10 = 1/10 + 3/10
  const std::string expected =
      "  #  model            AP50-95   AP50   AP75  APs    APm    APl      accuracy        error (FP+FN)  "
      "RMSE "
      "(pairs)  params    MB  p50 ms  p95 ms\n"
      "---  -----  -----------------  -----  -----  ---  -----  -----  ------------  -------------------  "
      "------------  ------  ----  ------  ------\n"
      "  1  b      0.500 [.450 .550]  0.700  0.500  n/a  0.500  0.500   0.600 @0.40  0.400 (0.100+0.300)     "
      "12.3% (6)  0.91 M  9.00    30.0    60.0\n"
      "2 =  c                  0.400  0.600  0.400  n/a  0.400  0.400  0.600 @0.40*  0.400 (0.100+0.300)     "
      "12.3% (6)  0.91 M  1.00    10.0    20.0\n";
  REQUIRE(text.substr(0, expected.size()) == expected);
  for (const auto& definition : definitions()) REQUIRE(text.find(definition) != std::string::npos);
  REQUIRE(text.find("20 images, 100 objects, fingerprint 0123456789ab, split test, snapshot s-1\n") !=
          std::string::npos);
  REQUIRE(text.find("= tied with the best") != std::string::npos);
  REQUIRE(text.find("* the threshold of best F1") != std::string::npos);
}

TEST_CASE("the leaderboard as JSON keeps full precision and leaves the curves out") {
  auto all = std::vector{entry("b", 1.0 / 3, 30, 9000000)};
  all[0].common_edges = EdgeError{3, 1.5, 2.5};
  const auto json = leaderboard_json(all);
  REQUIRE(json["models"][0]["coco"]["AP"].get<double>() == 1.0 / 3);
  REQUIRE(json["models"][0]["common_rmse"]["pairs"] == 3);
  REQUIRE_FALSE(json["models"][0].contains("curves"));
}

TEST_CASE("classes and confusion") {
  const auto e = entry("b", 0.5, 30, 9000000).evaluation;
  REQUIRE(class_table(e).rows.size() == 1);
  REQUIRE(confusion_table(e).to_csv() == "truth,cat,(background)\r\ncat,6,3\r\n(background),1,0\r\n");
  REQUIRE(coco_table(e).rows.size() == 12);
}

TEST_CASE("ranks are ranges, and what the data can tell stands below") {
  auto all =
      std::vector{entry("b", 0.5, 30, 9000000), entry("c", 0.45, 10, 1000000), entry("d", 0.3, 10, 1000000)};
  const RankRange ranks[] = {{1, 2}, {1, 2}, {3, 3}};
  PairwiseComparison pairwise;
  pairwise.pairs = {{0, 1, -0.05, Interval{-0.1, 0.01}, 0.2, 0.2, 0.055},
                    {0, 2, -0.2, Interval{-0.3, -0.1}, 0.005, 0.015, 0.1},
                    {1, 2, -0.15, Interval{-0.2, -0.1}, 0.005, 0.015, 0.05}};
  pairwise.smallest_difference = 0.055;
  pairwise.groups = 20;
  pairwise.resamples = 200;
  for (std::size_t i = 0; i < 3; ++i) {
    all[i].rank = ranks[i];
    all[i].behind_best = Interval{-0.3, 0};
    all[i].olrp = 0.7;
    all[i].d_ece = 0.1;
  }
  all[1].tied_with_best = true;
  const auto table = leaderboard(all, {.more = true, .pairwise = &pairwise, .names = {"b", "c", "d"}});
  REQUIRE(table.rows[0][0].text == "1-2");
  REQUIRE(table.rows[1][0].text == "1-2 =");
  REQUIRE(table.rows[2][0].text == "3");
  REQUIRE(table.columns[11].title == "oLRP");
  REQUIRE(table.rows[0][11].text == "0.700");
  REQUIRE(table.rows[0][12].text == "0.100");
  REQUIRE(leaderboard(all).columns.size() == table.columns.size() - 2);
  REQUIRE(table.notes.back() ==
          "The smallest AP difference that these 20 groups of images can tell between these models is about "
          "0.0550.");
  const auto json = leaderboard_json(all, {.pairwise = &pairwise, .names = {"b", "c", "d"}});
  REQUIRE(json["models"][1]["rank"] == nlohmann::ordered_json::array({1, 2}));
  REQUIRE(json["models"][1]["tied_with_best"] == true);
  REQUIRE(json["models"][0]["olrp"] == 0.7);
  REQUIRE(json["pairs"][1]["a"] == "b");
  REQUIRE(json["pairs"][1]["b"] == "d");
  REQUIRE(json["pairs"][1]["p_holm"] == 0.015);
  REQUIRE(json["smallest_difference"] == 0.055);
}

TEST_CASE("latencies of one pass and of different runs") {
  auto all = std::vector{entry("b", 0.5, 30, 9000000), entry("c", 0.4, 10, 1000000)};
  for (auto& one : all) {
    one.evaluation.created_at = "2026-01-02T03:04:05.000Z";
    one.evaluation.machine = {"a processor", 4, 2};
    one.evaluation.latency->together = {"b", "c"};
  }
  REQUIRE(latency_notes(all) ==
          std::vector<std::string>{
              "Latencies: 2026-01-02 03:04, a processor, 2 threads; the models took turns, image by image."});
  all[1].evaluation.machine = {"another", 2, 0};
  REQUIRE(
      latency_notes(all) ==
      std::vector<std::string>{
          "Latencies come from different runs and compare only roughly: b (2026-01-02 03:04, a processor, 2 "
          "threads); c (2026-01-02 03:04, another, threads as the engine chose). `ds-compare eval MODEL "
          "MODEL "
          "--force` measures models in turns."});
  // One call each on the same machine and day is not one pass either.
  all[1].evaluation.machine = all[0].evaluation.machine;
  all[1].evaluation.latency->together = {"c"};
  REQUIRE(latency_notes(all)[0].find("different runs") != std::string::npos);
  all.push_back(all[0]);
  REQUIRE(latency_notes(all)[0].find("b, b (2026-01-02 03:04, a processor, 2 threads, in turns); c (") !=
          std::string::npos);
  all.resize(1);
  all[0].evaluation.latency->together = {"b"};
  REQUIRE(latency_notes(all) ==
          std::vector<std::string>{"Latencies: 2026-01-02 03:04, a processor, 2 threads."});
  all[0].evaluation.latency.reset();
  REQUIRE(latency_notes(all).empty());
}

TEST_CASE("why a model is the best within limits") {
  auto all =
      std::vector{entry("a", 0.6, 0, 5000000), entry("b", 0.5, 30, 9000000), entry("c", 0.4, 10, 1000000)};
  for (auto& one : all) one.rank = RankRange{};
  all[1].tied_with_best = true;
  REQUIRE(why_best(all, {}, {}) ==
          std::vector<std::string>{"a has the largest AP (AP 0.600) of 3 models.",
                                   "b (AP 0.500) is 0.100 behind, which this data does not prove.",
                                   "c (AP 0.400) is 0.200 behind, proven."});
  // What is tied with the best of all says nothing about the best within limits.
  REQUIRE(why_best(all, 50.0, 8.0) ==
          std::vector<std::string>{"c has the largest AP (AP 0.400) of 1 model within the limits.",
                                   "a (AP 0.600) is left out: its latency is not known.",
                                   "b (AP 0.500) is left out: its 9.00 MB are over 8 MB."});
}

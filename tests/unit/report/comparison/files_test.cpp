#include <nlohmann/json.hpp>

#include "ds/base/files.h"
#include "ds/report/comparison_page.h"
#include "ds/testing/shared_data.h"
#include "ds/testing/text.h"
#include "made_report.h"
#include "schema_check.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::made_report;
using ds::testing::occurrences;
using ds::testing::schema_faults;

namespace {

nlohmann::ordered_json schema() {
  return nlohmann::ordered_json::parse(
      read_file(ds::testing::source_folder() / "docs/schema/ds-report.schema.json"));
}

}  // namespace

TEST_CASE("the JSON of a report follows its schema, whatever is known") {
  const auto rules = schema();
  REQUIRE(rules["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  using Faults = std::vector<std::string>;
  REQUIRE(schema_faults(rules, comparison_json(made_report({.pictures = 2}))) == Faults{});
  REQUIRE(schema_faults(rules, comparison_json(made_report(
                                   {.models = 1, .pictures = 0, .measured = false, .intervals = false}))) ==
          Faults{});
  REQUIRE(schema_faults(rules, comparison_json({})) == Faults{});
}

TEST_CASE("the schema refuses what a report never is") {
  const auto rules = schema();
  auto document = comparison_json(made_report({.models = 2, .pictures = 0}));
  auto broken = document;
  broken["version"] = 2;
  REQUIRE(schema_faults(rules, broken) == std::vector<std::string>{"/version: 2 is not 1"});
  broken = document;
  broken["models"][1]["coco"].erase("AP50");
  REQUIRE(schema_faults(rules, broken) == std::vector<std::string>{"/models/1/coco: no \"AP50\""});
  broken = document;
  broken["models"][0]["curves"]["precision"].erase(0);
  REQUIRE(schema_faults(rules, broken) ==
          std::vector<std::string>{"/models/0/curves/precision: 100 items against minItems 101"});
  broken = document;
  broken["pairwise"]["pairs"][0]["p"] = 1.5;
  REQUIRE_FALSE(schema_faults(rules, broken).empty());
  broken = document;
  broken["models"][0]["speed"] = 1;
  REQUIRE(schema_faults(rules, broken) ==
          std::vector<std::string>{"/models/0: \"speed\" is not in the schema"});
}

TEST_CASE("the JSON keeps every digit and says what the page says") {
  const auto report = made_report({.pictures = 1});
  const auto json = comparison_json(report);
  REQUIRE(json["format"] == "ds-report");
  REQUIRE(json["models"].size() == 3);
  const auto& first = report.models[0];
  REQUIRE(json["models"][0]["coco"]["AP"].get<double>() == first.entry.evaluation.precision.numbers.ap());
  REQUIRE(json["models"][0]["errors"]["kinds"]["missed"]["count"] == first.errors.counts[5]);
  REQUIRE(json["models"][0]["localization"]["mean"]["olrp"].get<double>() == *first.localization.mean.error);
  REQUIRE(json["pairwise"]["pairs"].size() == 3);
  REQUIRE(json["pairwise"]["pairs"][0]["proven"] == !report.pairwise.tied(0, 1));
  REQUIRE(json["label_suspects"]["count"] == 4);
  REQUIRE(json["label_suspects"]["shown"].size() == 1);
  // Pictures stay out: no base64, no boxes.
  REQUIRE(json.dump().size() < 200000);
  REQUIRE(json.dump() == comparison_json(report).dump());
}

TEST_CASE("CSV has one row a model and metric") {
  auto report = made_report({.models = 2, .classes = 2, .pictures = 0, .name_suffix = " \"a\", b"});
  report.models[0].entry.evaluation.precision.numbers.values[0] = 0.1;
  report.models[0].entry.evaluation.intervals[0] = Interval{0.05, 0.2};
  const auto csv = comparison_csv(report);
  REQUIRE(csv.starts_with("model,metric,value,low,high\r\n\"model 0 \"\"a\"\", b\",AP,0.1,0.05,0.2\r\n"));
  REQUIRE(csv.find("\"AP class disc \"\"a\"\", b\",") != csv.npos);
  REQUIRE(csv.find("\"AP slice time=day \"\"a\"\", b\",") != csv.npos);
  // APl is -1 (no large objects), which is no number.
  REQUIRE(csv.find(",APl,") == csv.npos);
  for (const auto* metric :
       {",latency_p50_ms,", ",threshold,", ",rank_best,", ",olrp,", ",d_ece,", ",gain_missed,"})
    REQUIRE(occurrences(csv, metric) == 2);
  REQUIRE(comparison_csv({}) == "model,metric,value,low,high\r\n");
}

TEST_CASE("Markdown for a pull request: the short table first, the rest folded") {
  const auto report = made_report({.pictures = 2});
  const auto text = comparison_markdown(report);
  REQUIRE(text.starts_with(
      "## Shapes: models\n\n| # | model | AP50-95 | behind the best | AP50 | accuracy | p50 ms | MB |\n"));
  const auto folded = text.find("<details>");
  REQUIRE(text.find("model 0 has the highest AP") < folded);
  REQUIRE(text.find("| best |") < folded);
  REQUIRE(text.find("- **Warning:** one evaluation was made on other images") < folded);
  REQUIRE(text.find("- 5 labels are in question") < folded);
  for (const auto* part : {"Whole leaderboard", "Pairs of models", "AP per class", "Error types", "Slices",
                           "Agreement of the models", "Definitions"})
    REQUIRE(text.find("<summary>" + std::string(part) + "</summary>") > folded);
  REQUIRE(occurrences(text, "<details>") == occurrences(text, "</details>"));
  REQUIRE(text == comparison_markdown(report));
}

TEST_CASE("Markdown: the difference to the best has its interval the right way round") {
  auto report = made_report({.models = 2, .pictures = 0});
  // The second is best: pair (0, 1) is AP of 1 minus AP of 0.
  report.models[0].entry.evaluation.precision.numbers.values[0] = 0.5;
  report.models[1].entry.evaluation.precision.numbers.values[0] = 0.6;
  report.pairwise.pairs.at(0).difference = 0.1;
  report.pairwise.pairs.at(0).interval = Interval{0.04, 0.15};
  const auto text = comparison_markdown(report);
  REQUIRE(text.find("| -0.100 \\[-0.150 -0.040\\] |") == text.npos);
  REQUIRE(text.find("| -0.100 [-0.150 -0.040] |") != text.npos);
}

TEST_CASE("Markdown: no name becomes markup") {
  const auto text =
      comparison_markdown(made_report({.models = 2,
                                       .classes = 2,
                                       .pictures = 0,
                                       .name_suffix = "|</details>[x](http://e) *b* `c` @all\nnew"}));
  REQUIRE(occurrences(text, "<details>") == occurrences(text, "</details>"));
  REQUIRE(text.find("[x](") == text.npos);
  REQUIRE(text.find("@all") == text.npos);
  REQUIRE(text.find("\nnew") == text.npos);
  REQUIRE(text.find("\\|&lt;/details&gt;\\[x\\](http://e) \\*b\\* \\`c\\` &#64;all new") != text.npos);
}

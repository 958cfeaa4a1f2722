#include "ds/report/gate_report.h"

#include <nlohmann/json.hpp>

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("a gate's table ends with the verdict") {
  GateResult result;
  result.verdict = Verdict::regression;
  result.groups = 20;
  result.smallest_difference = 0.0123;
  result.rules = {
      {parse_gate_rule("AP>=baseline-0.02"), Verdict::regression, 0.5, 0.4, Interval{-0.15, -0.05}, "why"}};
  REQUIRE(
      gate_table(result, "a", "b").to_text() ==
      "rule               baseline  candidate  verdict\n"
      "-----------------  --------  ---------  ----------  ---\n"
      "AP>=baseline-0.02    0.5000     0.4000  regression  why\n"
      "\nregression: candidate b against baseline a\n"
      "Exit code 0, pass: every rule's whole interval is on its good side. 4, regression: a rule's whole "
      "interval is on its bad side. 5, not enough data: neither, too few groups of images, or a number that "
      "was not measured. 3: bad input.\n"
      "The smallest AP difference these 20 groups of images can tell is about 0.0123.\n");
  REQUIRE(gate_json(result, "a", "b")["rules"][0]["interval_95"][1] == -0.05);
  REQUIRE(gate_table(result, "a", "b").to_text().find("Holm") == std::string::npos);
  // Holm is named where several rules are tested.
  result.rules.push_back(result.rules[0]);
  REQUIRE(gate_table(result, "a", "b").to_text().find("2 rules are tested") != std::string::npos);
  result.rules[1].interval.reset();
  REQUIRE(gate_table(result, "a", "b").to_text().find("Holm") == std::string::npos);
}

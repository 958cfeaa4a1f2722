#include "ds/report/gate_report.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

GateResult result(Verdict verdict) {
  GateResult made;
  made.verdict = verdict;
  made.groups = 20;
  made.rules = {{parse_gate_rule("AP>=baseline-0.02"), Verdict::regression, 0.5, 0.4, Interval{-0.15, -0.05},
                 "a & <b>"},
                {parse_gate_rule("latency_p50_ms<=30"), Verdict::not_enough_data, std::nullopt, std::nullopt,
                 std::nullopt, "not measured"},
                {parse_gate_rule("AP50>=0.5"), Verdict::pass, 0.7, 0.6, Interval{0.55, 0.65}, "holds"}};
  return made;
}

}  // namespace

TEST_CASE("a gate as JUnit XML: a rule is a test") {
  REQUIRE(gate_junit(result(Verdict::regression), "old", "new \"x\"") ==
          R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="ds-compare gate: new &quot;x&quot; against old" tests="3" failures="1" errors="1">
    <properties>
      <property name="verdict" value="regression" />
      <property name="baseline" value="old" />
      <property name="candidate" value="new &quot;x&quot;" />
      <property name="groups" value="20" />
    </properties>
    <testcase classname="ds-compare.gate" name="AP>=baseline-0.02">
      <failure type="regression" message="a &amp; &lt;b>">baseline 0.5, candidate 0.4, 95 % interval -0.15 to -0.05</failure>
    </testcase>
    <testcase classname="ds-compare.gate" name="latency_p50_ms&lt;=30">
      <error type="not enough data" message="not measured">baseline n/a, candidate n/a</error>
    </testcase>
    <testcase classname="ds-compare.gate" name="AP50>=0.5">
      <system-out>holds
baseline 0.7, candidate 0.6, 95 % interval 0.55 to 0.65</system-out>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST_CASE("JUnit XML holds no character that XML cannot hold") {
  auto broken = result(Verdict::pass);
  broken.rules[0].reason = std::string(
      "a\x01"
      "b\xff",
      4);
  const auto xml = gate_junit(broken, "caf\xc3\xa9", "x\x1b[31m");
  REQUIRE(xml.find("message=\"a\xef\xbf\xbd"
                   "b\xef\xbf\xbd\"") != xml.npos);
  REQUIRE(xml.find("caf\xc3\xa9") != xml.npos);
  REQUIRE(xml.find('\x1b') == xml.npos);
  REQUIRE(xml.find("&#") == xml.npos);
}

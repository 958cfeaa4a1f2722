#include "ds/retrain/decisions.h"

#include <catch2/catch.hpp>

using ds::RuleState;

TEST_CASE("The trigger id depends on baseline, snapshot and options, and on nothing else") {
  auto id = ds::trigger_id("m-1", "s-1", "epochs=3");
  REQUIRE(id == ds::trigger_id("m-1", "s-1", "epochs=3"));
  REQUIRE(id.size() == 14);
  REQUIRE(id != ds::trigger_id("m-2", "s-1", "epochs=3"));
  REQUIRE(id != ds::trigger_id("m-1", "s-2", "epochs=3"));
  REQUIRE(id != ds::trigger_id("m-1", "s-1", "epochs=4"));
}

TEST_CASE("Each bake term compares production after with before") {
  ds::RetrainPolicy policy;
  ds::TrafficSummary before{
      .requests = 100, .errors = 0, .images = 100, .empty = 10, .latency_p50_ms = 20, .mean_top_score = 0.8};
  auto after = before;
  after.latency_p50_ms = 50;
  after.empty = 40;
  after.mean_top_score = 0.5;
  auto rules = ds::bake_rules(policy, before, after);
  REQUIRE(rules.size() == 4);
  REQUIRE(rules[0].state == RuleState::met);
  // 50 ms / 20 ms
  REQUIRE(*rules[1].value == 2.5);
  REQUIRE(rules[1].state == RuleState::not_met);
  // 40/100 - 10/100
  REQUIRE(*rules[2].value == Approx(0.3));
  REQUIRE(rules[2].state == RuleState::not_met);
  // .8 - .5
  REQUIRE(*rules[3].value == Approx(0.3));
  REQUIRE(rules[3].state == RuleState::not_met);
}

TEST_CASE("Without traffic before, only the error rate can be judged") {
  ds::RetrainPolicy policy;
  ds::TrafficSummary after{.requests = 50, .errors = 50, .images = 0};
  auto rules = ds::bake_rules(policy, {}, after);
  REQUIRE(rules[0].state == RuleState::not_met);
  REQUIRE(rules[1].state == RuleState::unknown);
  REQUIRE(rules[1].note == "fewer than 20 requests before the promotion");
  REQUIRE(rules[2].state == RuleState::unknown);
  REQUIRE(rules[3].state == RuleState::unknown);
}

TEST_CASE("A promotion ends a row of rejects; a superseded cycle neither counts nor ends it") {
  ds::RetrainState state;
  auto add = [&](ds::Outcome outcome) {
    ds::Cycle cycle;
    cycle.outcome = outcome;
    state.past.push_back(cycle);
  };
  add(ds::Outcome::rejected);
  add(ds::Outcome::promoted);
  REQUIRE(state.rejects_in_a_row() == 0);
  add(ds::Outcome::undecided);
  add(ds::Outcome::superseded);
  add(ds::Outcome::failed);
  REQUIRE(state.rejects_in_a_row() == 2);
  state.breaker_reset_at = state.past.size();
  REQUIRE(state.rejects_in_a_row() == 0);
}

TEST_CASE("One term that is not met rejects; an unknown one is not enough data; no term is no verdict") {
  auto good = ds::check_rule("a", 1, ">=", 0);
  auto bad = ds::check_rule("b", 1, "<=", 0);
  auto unknown = ds::check_rule("c", std::nullopt, ">=", 0);
  REQUIRE(ds::decide({good}) == ds::Verdict::pass);
  REQUIRE(ds::decide({good, unknown}) == ds::Verdict::not_enough_data);
  REQUIRE(ds::decide({unknown, bad, good}) == ds::Verdict::regression);
  REQUIRE(ds::decide({}) == ds::Verdict::not_enough_data);
}

TEST_CASE("Terms print their value, limit and interval in their unit") {
  auto ap = ds::check_rule("AP", 0.0312, ">=", -0.01, "AP");
  ap.low = -0.012;
  ap.high = 0.05;
  REQUIRE(ds::value_text(ap) == "0.0312");
  REQUIRE(ds::limit_text(ap) == ">= -0.0100");
  REQUIRE(ds::interval_text(ap) == "[-0.0120, 0.0500]");
  REQUIRE(ds::value_text(ds::check_rule("n", 12, ">=", 50)) == "12");
  REQUIRE(ds::value_text(ds::check_rule("t", 7500, ">=", 3600, "s")) == "2 h 05 min");
  REQUIRE(ds::value_text(ds::check_rule("n", std::nullopt, ">=", 50)) == "-");
}

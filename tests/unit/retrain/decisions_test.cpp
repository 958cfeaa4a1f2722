#include "ds/retrain/decisions.h"

#include <catch2/catch.hpp>

using ds::TermState;

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
  auto terms = ds::bake_terms(policy, before, after);
  REQUIRE(terms.size() == 4);
  REQUIRE(terms[0].state == TermState::met);
  // 50 ms / 20 ms
  REQUIRE(*terms[1].value == 2.5);
  REQUIRE(terms[1].state == TermState::not_met);
  // 40/100 - 10/100
  REQUIRE(*terms[2].value == Approx(0.3));
  REQUIRE(terms[2].state == TermState::not_met);
  // .8 - .5
  REQUIRE(*terms[3].value == Approx(0.3));
  REQUIRE(terms[3].state == TermState::not_met);
}

TEST_CASE("Without traffic before, only the error rate can be judged") {
  ds::RetrainPolicy policy;
  ds::TrafficSummary after{.requests = 50, .errors = 50, .images = 0};
  auto terms = ds::bake_terms(policy, {}, after);
  REQUIRE(terms[0].state == TermState::not_met);
  REQUIRE(terms[1].state == TermState::unknown);
  REQUIRE(terms[1].note == "fewer than 20 requests before the promotion");
  REQUIRE(terms[2].state == TermState::unknown);
  REQUIRE(terms[3].state == TermState::unknown);
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
  auto good = ds::term("a", 1, ">=", 0);
  auto bad = ds::term("b", 1, "<=", 0);
  auto unknown = ds::term("c", std::nullopt, ">=", 0);
  REQUIRE(ds::decide({good}) == ds::Decision::pass);
  REQUIRE(ds::decide({good, unknown}) == ds::Decision::not_enough_data);
  REQUIRE(ds::decide({unknown, bad, good}) == ds::Decision::reject);
  REQUIRE(ds::decide({}) == ds::Decision::not_enough_data);
}

TEST_CASE("Terms print their value, limit and interval in their unit") {
  auto ap = ds::term("AP", 0.0312, ">=", -0.01, "AP");
  ap.low = -0.012;
  ap.high = 0.05;
  REQUIRE(ds::value_text(ap) == "0.0312");
  REQUIRE(ds::limit_text(ap) == ">= -0.0100");
  REQUIRE(ds::interval_text(ap) == "[-0.0120, 0.0500]");
  REQUIRE(ds::value_text(ds::term("n", 12, ">=", 50)) == "12");
  REQUIRE(ds::value_text(ds::term("t", 7500, ">=", 3600, "s")) == "2 h 05 min");
  REQUIRE(ds::value_text(ds::term("n", std::nullopt, ">=", 50)) == "-");
}

#include "ds/metrics/gate.h"

#include "ds/base/error.h"
#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

struct Fixture {
  testing::SyntheticTruth good = testing::synthetic_truth({.jitter = 0.03});
  testing::SyntheticTruth bad = testing::synthetic_truth({.jitter = 0.2, .missed = 0.5});
  Matching a = match(good.truth, good.detections);
  Matching b = match(good.truth, bad.detections);

  GateResult run(const Matching& baseline, const Matching& challenger,
                 std::vector<std::string> rules = {}) const {
    GateOptions options;
    options.bootstrap.resamples = 200;
    for (const auto& text : rules) options.rules.push_back(parse_gate_rule(text));
    return gate(good.truth, {"a", &baseline, {{"latency_p50_ms", 20}}},
                {"b", &challenger, {{"latency_p50_ms", 25}}}, options);
  }
};

std::string message_of(const std::string& rule) {
  try {
    parse_gate_rule(rule);
  } catch (const UsageError& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("gate: the same model passes") {
  const Fixture f;
  const auto result = f.run(f.a, f.a);
  REQUIRE(result.verdict == Verdict::pass);
  REQUIRE(exit_code_of(result.verdict) == 0);
  REQUIRE(result.rules.size() == 1);
  REQUIRE(result.rules[0].rule.text() == "AP>=baseline-0.02");
  REQUIRE(result.rules[0].reason == "difference +0.0000, 95 % interval +0.0000 to +0.0000");
}

TEST_CASE("gate: a worse model is a regression") {
  const Fixture f;
  const auto result = f.run(f.a, f.b);
  REQUIRE(result.verdict == Verdict::regression);
  REQUIRE(exit_code_of(result.verdict) == 4);
}

TEST_CASE("gate: few images are not enough data") {
  const auto a = testing::synthetic_truth({.images = 6, .jitter = 0.05});
  const auto b = testing::synthetic_truth({.images = 6, .jitter = 0.05, .model_seed = 3});
  const auto ma = match(a.truth, a.detections), mb = match(a.truth, b.detections);
  GateOptions options;
  options.bootstrap.resamples = 100;
  const auto result = gate(a.truth, {"a", &ma}, {"b", &mb}, options);
  REQUIRE(result.verdict == Verdict::not_enough_data);
  REQUIRE(exit_code_of(result.verdict) == 5);
  REQUIRE(result.rules[0].reason.find("but 6 groups of images are too few to trust it (at least 10)") !=
          std::string::npos);
}

TEST_CASE("gate: two models of one law are not told apart, and a tight rule says so") {
  const auto a = testing::synthetic_truth({.images = 30, .jitter = 0.1});
  const auto b = testing::synthetic_truth({.images = 30, .jitter = 0.1, .model_seed = 3});
  const auto ma = match(a.truth, a.detections), mb = match(a.truth, b.detections);
  GateOptions options;
  options.rules = {parse_gate_rule("AP>=baseline")};
  options.bootstrap.resamples = 200;
  REQUIRE(gate(a.truth, {"a", &ma}, {"b", &mb}, options).verdict == Verdict::not_enough_data);
}

TEST_CASE("gate: absolute rules and facts") {
  const Fixture f;
  REQUIRE(f.run(f.a, f.a, {"AP50>=0.1"}).verdict == Verdict::pass);
  REQUIRE(f.run(f.a, f.a, {"AP50>=0.999"}).verdict == Verdict::regression);
  REQUIRE(f.run(f.a, f.a, {"latency_p50_ms<=30"}).verdict == Verdict::pass);
  REQUIRE(f.run(f.a, f.a, {"latency_p50_ms<=baseline+1"}).verdict == Verdict::regression);
  const auto unknown = f.run(f.a, f.a, {"size_mb<=1"});
  REQUIRE(unknown.verdict == Verdict::not_enough_data);
  REQUIRE(unknown.rules[0].reason == "size_mb was not measured for the candidate");
}

TEST_CASE("gate: one regression outweighs what passes") {
  const Fixture f;
  REQUIRE(f.run(f.a, f.a, {"AP>=baseline-0.1", "latency_p50_ms<=1", "size_mb<=1"}).verdict ==
          Verdict::regression);
}

TEST_CASE("gate rules are read and written") {
  for (const auto* text : {"AP>=baseline-0.01", "AP50>=0.5", "size_mb<=baseline+1", "rmse<=baseline"})
    REQUIRE(parse_gate_rule(text).text() == text);
  REQUIRE(parse_gate_rule(" AP >= baseline - 0.01 ").text() == "AP>=baseline-0.01");
  REQUIRE(message_of("AP=0.5") == "rule 'AP=0.5' has no >= or <=");
  REQUIRE(message_of(">=0.5") == "rule '>=0.5' names no metric");
  REQUIRE(message_of("AP>=high") == "rule 'AP>=high': 'high' is not a number");
  REQUIRE(message_of("AP>=baseline*2") ==
          "rule 'AP>=baseline*2': found '*2' after baseline, expected + or -");
}

TEST_CASE("gate refuses a baseline of another dataset") {
  REQUIRE_THROWS_WITH(require_same_fingerprint("a", "111111111111ff", "b", "222222222222ff"),
                      "a was measured on another dataset (fingerprint 111111111111) than b (222222222222)");
  REQUIRE_NOTHROW(require_same_fingerprint("a", "1", "b", "1"));
}

TEST_CASE("gate: of several rules a regression must stand Holm's correction") {
  const Fixture f;
  const auto bootstrap = paired_bootstrap(f.good.truth, {&f.a, &f.b}, {.resamples = 200});
  // A limit that the whole 95 % interval misses, but not the whole 97.5 % interval, which is what the first
  // of two rules is tested at.
  const double high = bootstrap.of_difference(0, 1, 0)->high;
  const double higher = bootstrap.with_level(0.975).of_difference(0, 1, 0)->high;
  REQUIRE(higher > high);
  const auto rule = "AP>=baseline" + std::to_string((high + higher) / 2);
  REQUIRE(f.run(f.a, f.b, {rule}).verdict == Verdict::regression);
  const auto two = f.run(f.a, f.b, {rule, "AP50>=0"});
  REQUIRE(two.verdict == Verdict::not_enough_data);
  REQUIRE(two.rules[0].verdict == Verdict::not_enough_data);
  REQUIRE(two.rules[0].reason.find("; not proven among 2 rules (Holm)") != std::string::npos);
  // Beside another rule that clearly fails, it is tested at 95 % again: Holm steps down.
  const auto stepped = f.run(f.a, f.b, {rule, "AP50>=0.999"});
  REQUIRE(stepped.rules[1].verdict == Verdict::regression);
  REQUIRE(stepped.rules[0].verdict == Verdict::regression);
  // A fact without an interval is no test.
  REQUIRE(f.run(f.a, f.b, {rule, "latency_p50_ms<=100"}).verdict == Verdict::regression);
}

#include "ds/metrics/gate.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {

namespace {

/// Index among the numbers that have intervals, or -1.
int bootstrap_number(const std::string& metric) {
  const auto& names = coco_number_names();
  const auto end = names.begin() + kBootstrapNumberCount;
  const auto found = std::find(names.begin(), end, metric);
  return found == end ? -1 : static_cast<int>(found - names.begin());
}

std::optional<double> fact(const GateSide& side, const std::string& metric) {
  const auto at = side.facts.find(metric);
  return at == side.facts.end() ? std::nullopt : std::optional(at->second);
}

std::optional<double> coco_value(const Matching& matching, int number) {
  const double value = average_precision(matching).numbers.values[static_cast<std::size_t>(number)];
  return value < 0 ? std::nullopt : std::optional(value);
}

Verdict judge(const GateRule& rule, const Interval& range, double limit) {
  if (rule.at_least)
    return range.low >= limit   ? Verdict::pass
           : range.high < limit ? Verdict::regression
                                : Verdict::not_enough_data;
  return range.high <= limit ? Verdict::pass
         : range.low > limit ? Verdict::regression
                             : Verdict::not_enough_data;
}

std::optional<Interval> interval_of(const GateRule& rule, const PairedBootstrap& bootstrap) {
  const int number = bootstrap_number(rule.metric);
  return rule.relative ? bootstrap.of_difference(0, 1, number) : bootstrap.of(1, number);
}

/// A rule on a metric with an interval.
void judge_interval(RuleResult& result, const PairedBootstrap& bootstrap, std::size_t min_groups) {
  const auto& rule = result.rule;
  result.interval = interval_of(rule, bootstrap);
  if (!result.challenger || (rule.relative && !result.baseline) || !result.interval) {
    result.reason = fmt::format("no objects to compute {} from", rule.metric);
    return;
  }
  const double level = 100 * bootstrap.level();
  const auto& [low, high] = *result.interval;
  const auto what = rule.relative ? fmt::format("difference {:+.4f}, {:.4g} % interval {:+.4f} to {:+.4f}",
                                                *result.challenger - *result.baseline, level, low, high)
                                  : fmt::format("{:.4f}, {:.4g} % interval {:.4f} to {:.4f}",
                                                *result.challenger, level, low, high);
  if (bootstrap.groups() < min_groups) {
    result.reason = fmt::format("{}, but {} groups of images are too few to trust it (at least {})", what,
                                bootstrap.groups(), min_groups);
    return;
  }
  result.verdict = judge(rule, *result.interval, rule.amount);
  result.reason = what;
}

void judge_fact(RuleResult& result) {
  const auto& rule = result.rule;
  if (!result.challenger || (rule.relative && !result.baseline)) {
    result.reason = fmt::format("{} was not measured for the {}", rule.metric,
                                result.challenger ? "baseline" : "candidate");
    return;
  }
  const double limit = rule.amount + (rule.relative ? *result.baseline : 0);
  const bool good = rule.at_least ? *result.challenger >= limit : *result.challenger <= limit;
  result.verdict = good ? Verdict::pass : Verdict::regression;
  result.reason = fmt::format("{:.4g}, limit {:.4g}", *result.challenger, limit);
}

/// Holm's step-down over the rules that intervals decide: with k rules left, a regression must show at the
/// level 1 - alpha / k; those that do leave the others one step milder.
void withdraw_unproven_regressions(std::vector<RuleResult>& rules, const PairedBootstrap& bootstrap) {
  std::vector<RuleResult*> open;
  std::size_t left = 0;
  for (auto& rule : rules) {
    if (!rule.interval) continue;
    ++left;
    if (rule.verdict == Verdict::regression) open.push_back(&rule);
  }
  const auto tested = left;
  for (bool again = tested > 1; again && !open.empty();) {
    const auto stricter = bootstrap.with_level(1 - (1 - bootstrap.level()) / static_cast<double>(left));
    const auto proven = std::erase_if(open, [&](const auto* one) {
      const auto interval = interval_of(one->rule, stricter);
      return interval && judge(one->rule, *interval, one->rule.amount) == Verdict::regression;
    });
    left -= proven;
    again = proven > 0;
  }
  if (tested < 2) return;
  for (auto* one : open) {
    one->verdict = Verdict::not_enough_data;
    one->reason += fmt::format("; not proven among {} rules (Holm)", tested);
  }
}

Verdict worst(const std::vector<RuleResult>& rules) {
  auto any = [&](Verdict v) {
    return std::any_of(rules.begin(), rules.end(), [v](auto& r) { return r.verdict == v; });
  };
  if (any(Verdict::regression)) return Verdict::regression;
  return any(Verdict::not_enough_data) ? Verdict::not_enough_data : Verdict::pass;
}

}  // namespace

std::string GateRule::text() const {
  const auto sign = at_least ? ">=" : "<=";
  if (!relative) return fmt::format("{}{}{}", metric, sign, shortest(amount));
  if (amount == 0) return fmt::format("{}{}baseline", metric, sign);
  return fmt::format("{}{}baseline{}{}", metric, sign, amount < 0 ? "" : "+", shortest(amount));
}

GateRule parse_gate_rule(const std::string& text) {
  static const std::string grammar =
      "a rule is METRIC>=LIMIT or METRIC<=LIMIT, and LIMIT a number, baseline, baseline-N or baseline+N, "
      "as in 'AP>=baseline-0.01'";
  const auto at = text.find_first_of("<>");
  if (at == std::string::npos || at + 1 >= text.size() || text[at + 1] != '=')
    throw UsageError(fmt::format("rule '{}' has no >= or <=", text), grammar);
  GateRule rule;
  rule.metric = trim(std::string_view(text).substr(0, at));
  rule.at_least = text[at] == '>';
  auto limit = trim(std::string_view(text).substr(at + 2));
  if (rule.metric.empty()) throw UsageError(fmt::format("rule '{}' names no metric", text), grammar);
  static constexpr std::string_view baseline = "baseline";
  if (limit.substr(0, baseline.size()) == baseline) {
    rule.relative = true;
    limit = trim(limit.substr(baseline.size()));
    if (limit.empty()) return rule;
    if (limit.front() != '+' && limit.front() != '-')
      throw UsageError(fmt::format("rule '{}': found '{}' after baseline, expected + or -", text, limit),
                       grammar);
    const auto number = parse_double(trim(limit.substr(1)));
    if (!number) throw UsageError(fmt::format("rule '{}': '{}' is not a number", text, limit), grammar);
    rule.amount = limit.front() == '-' ? -*number : *number;
    return rule;
  }
  const auto number = parse_double(limit);
  if (!number) throw UsageError(fmt::format("rule '{}': '{}' is not a number", text, limit), grammar);
  rule.amount = *number;
  return rule;
}

std::string to_string(Verdict verdict) {
  return verdict == Verdict::pass         ? "pass"
         : verdict == Verdict::regression ? "regression"
                                          : "not enough data";
}

int exit_code_of(Verdict verdict) {
  return verdict == Verdict::pass ? 0 : verdict == Verdict::regression ? 4 : 5;
}

GateResult gate(const TruthTable& truth, const GateSide& baseline, const GateSide& challenger,
                const GateOptions& options) {
  auto rules = options.rules;
  if (rules.empty()) rules.push_back({"AP", true, true, -0.02});
  const auto bootstrap = paired_bootstrap(truth, {baseline.matching, challenger.matching}, options.bootstrap);
  GateResult result;
  result.groups = bootstrap.groups();
  result.smallest_difference = bootstrap.smallest_difference(0, 1, 0);
  for (const auto& rule : rules) {
    RuleResult one{rule, Verdict::not_enough_data, {}, {}, {}, {}};
    if (const int number = bootstrap_number(rule.metric); number >= 0) {
      one.baseline = coco_value(*baseline.matching, number);
      one.challenger = coco_value(*challenger.matching, number);
      judge_interval(one, bootstrap, options.min_groups);
    } else {
      one.baseline = fact(baseline, rule.metric);
      one.challenger = fact(challenger, rule.metric);
      judge_fact(one);
    }
    result.rules.push_back(one);
  }
  withdraw_unproven_regressions(result.rules, bootstrap);
  result.verdict = worst(result.rules);
  return result;
}

void require_same_fingerprint(const std::string& baseline_name, const std::string& baseline_fingerprint,
                              const std::string& challenger_name, const std::string& challenger_fingerprint) {
  if (baseline_fingerprint == challenger_fingerprint) return;
  throw DataError(
      fmt::format("{} was measured on another dataset (fingerprint {}) than {} ({})", baseline_name,
                  baseline_fingerprint.substr(0, 12), challenger_name, challenger_fingerprint.substr(0, 12)),
      "evaluate both on the same snapshot and split");
}

}  // namespace ds

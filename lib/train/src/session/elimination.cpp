#include "ds/train/elimination.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ds/base/error.h"

namespace ds {
namespace {

constexpr double kClearly = 0.03;  // of AP: early in a run, less is noise

bool is_better(const Standing& a, const Standing& b) {
  return a.ap != b.ap ? a.ap > b.ap : a.cost < b.cost;
}

void check_rule(const std::string& rule) {
  auto rules = elimination_rules();
  if (std::find(rules.begin(), rules.end(), rule) == rules.end())
    throw_unknown_name("elimination", rule, rules);
}

std::vector<bool> better_half(const std::vector<Standing>& standings) {
  std::vector<std::size_t> order(standings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return is_better(standings[a], standings[b]); });
  std::vector<bool> stays(standings.size(), false);
  for (std::size_t i = 0; i < (order.size() + 1) / 2; ++i) stays[order[i]] = true;
  return stays;
}

std::vector<bool> not_dominated(const std::vector<Standing>& standings) {
  std::vector<bool> stays;
  for (const auto& own : standings)
    stays.push_back(std::none_of(standings.begin(), standings.end(), [&](const Standing& other) {
      return other.ap > own.ap + kClearly && other.cost <= own.cost;
    }));
  return stays;
}

}  // namespace

std::vector<std::string> elimination_rules() {
  return {"halving", "dominated", "none"};
}

int stage_count(std::size_t candidates, const std::string& rule) {
  check_rule(rule);
  if (candidates < 2 || rule == "none") return 1;
  return 1 + static_cast<int>(std::ceil(std::log2(static_cast<double>(candidates))));
}

std::size_t expected_survivors(std::size_t count, const std::string& rule) {
  return rule == "halving" ? (count + 1) / 2 : count;
}

double stage_end(int stage, int stages) {
  return std::ldexp(1.0, stage + 1 - stages);
}

std::vector<bool> survivors(const std::vector<Standing>& standings, const std::string& rule) {
  check_rule(rule);
  if (rule == "halving") return better_half(standings);
  if (rule == "dominated") return not_dominated(standings);
  return std::vector<bool>(standings.size(), true);
}

StageBudget stage_budget(double remaining_s, std::size_t candidates, int stage, int stages,
                         const std::string& rule) {
  const double per_stage = std::max(0.0, remaining_s) / std::max(1, stages - stage);
  StageBudget budget;
  auto count = candidates;
  for (int later = stage; later < stages; ++later) {
    const double share = per_stage / static_cast<double>(std::max<std::size_t>(count, 1));
    if (later == stage) budget.leg = share;
    budget.total += share;
    count = expected_survivors(count, rule);
  }
  return budget;
}

}  // namespace ds

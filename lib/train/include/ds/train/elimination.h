#pragma once

#include <string>
#include <vector>

/// Which candidates are worth training on: successive halving (Jamieson and Talwalkar 2016, arXiv
/// 1502.07943). All candidates train to the end of a stage, then the hopeless ones stop and the time goes to
/// the others.
namespace ds {

/// How a candidate stands at the end of a stage.
struct Standing {
  double ap = 0;    // validation AP of its averaged weights
  double cost = 0;  // operations of one image at its input size; only comparisons matter
};

/// "halving": the better half by AP goes on (rounded up). "dominated": one stops when another is clearly (3
/// points of AP) more accurate and costs no more, so that the fastest and the best of every speed stay.
/// "none": all go on.
std::vector<std::string> elimination_rules();

/// Stages of a group of this many candidates: 1 + ceil(log2(count)); 1 for a single one and for "none".
int stage_count(std::size_t candidates, const std::string& rule);
/// How many of `count` are expected to go on after a stage (an upper bound for "dominated").
std::size_t expected_survivors(std::size_t count, const std::string& rule);
/// Part of its epochs after which a stage (0-based) ends: 1/4, 1/2, 1 for three stages.
double stage_end(int stage, int stages);
/// For each candidate whether it goes on; at least one does. Equal AP: the cheaper one, then the earlier one,
/// is the better.
std::vector<bool> survivors(const std::vector<Standing>& standings, const std::string& rule);

/// What one candidate may use of a time budget, seconds.
struct StageBudget {
  double leg = 0;    // in this stage
  double total = 0;  // in this and all later stages, if it goes on: what its schedule is planned for
};
/// Shares what is left of a budget: every stage gets the same part of it, and every candidate of a stage.
StageBudget stage_budget(double remaining_s, std::size_t candidates, int stage, int stages,
                         const std::string& rule);

}  // namespace ds

#include "ds/curation/split_plan.h"

#include <algorithm>
#include <numeric>

#include "ds/base/error.h"
#include "ds/base/random.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

SplitUnit unit(const std::string& key, std::size_t images, std::map<int, std::size_t> objects = {},
               std::optional<Split> fixed = std::nullopt) {
  return {.key = key, .images = images, .objects = std::move(objects), .fixed = fixed};
}

/// Units of 1 to 4 images; class 0 is frequent, 1 rare, 2 in every tenth.
std::vector<SplitUnit> random_units(int count) {
  Random random(3);
  std::vector<SplitUnit> units;
  for (int i = 0; i < count; ++i) {
    auto images = 1 + random.below(4);
    auto& one = units.emplace_back(unit("u" + std::to_string(i), images));
    one.objects[0] = 2 * images + random.below(5);
    if (random.chance(0.05)) one.objects[1] = 1 + random.below(2);
    if (random.chance(0.1)) one.objects[2] = 3;
  }
  return units;
}

std::size_t sum(const std::vector<SplitUnit>& units, const std::vector<Split>& splits, Split split,
                std::optional<int> class_idx = std::nullopt) {
  std::size_t total = 0;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (splits[i] != split) continue;
    auto found = class_idx ? units[i].objects.find(*class_idx) : units[i].objects.end();
    total += !class_idx ? units[i].images : found == units[i].objects.end() ? 0 : found->second;
  }
  return total;
}

}  // namespace

TEST_CASE("shares are checked") {
  auto refusal = [](SplitShares shares) {
    try {
      shares.validate();
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  REQUIRE(refusal({0.8, 0.1, 0.1}) == "accepted");
  REQUIRE(refusal({1, 0, 0}) == "accepted");
  REQUIRE(refusal({0.8, 0.1, 0.2}) == "the shares sum to 1.1, expected 1 (train 0.8, val 0.1, test 0.2)");
  REQUIRE(refusal({1.5, -0.5, 0}) == "a split's share is 0 to 1, found 1.5");
}

TEST_CASE("by hash: only the name counts, and new units move none") {
  auto units = random_units(400);
  auto all = plan_splits(units, {0.6, 0.2, 0.2}, SplitBy::hash, "key");
  std::vector<SplitUnit> half(units.begin(), units.begin() + 200);
  auto first = plan_splits(half, {0.6, 0.2, 0.2}, SplitBy::hash, "key");
  REQUIRE(std::equal(first.begin(), first.end(), all.begin()));
  REQUIRE(plan_splits(units, {0.6, 0.2, 0.2}, SplitBy::hash, "other") != all);
  // A growing share of train only moves units into train.
  auto more = plan_splits(units, {0.7, 0.15, 0.15}, SplitBy::hash, "key");
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] == Split::train) REQUIRE(more[i] == Split::train);
  // 400 draws of 0.6: 240 with a standard deviation of 9.8
  auto train = std::count(all.begin(), all.end(), Split::train);
  REQUIRE(train > 200);
  REQUIRE(train < 280);
}

TEST_CASE("by group: the shares are met to one group, whatever the order") {
  // 10 + 6 + 4 + 3 + 2 + 1 + 1 + 1 + 1 + 1 = 30 images: 18, 6 and 6 are wanted.
  std::vector<SplitUnit> units;
  for (std::size_t images : {10, 6, 4, 3, 2, 1, 1, 1, 1, 1})
    units.push_back(unit("g" + std::to_string(units.size()), images));
  auto splits = plan_splits(units, {0.6, 0.2, 0.2}, SplitBy::group, "key");
  REQUIRE(sum(units, splits, Split::train) == 18);
  REQUIRE(sum(units, splits, Split::val) == 6);
  REQUIRE(sum(units, splits, Split::test) == 6);
  auto reversed = units;
  std::reverse(reversed.begin(), reversed.end());
  auto again = plan_splits(reversed, {0.6, 0.2, 0.2}, SplitBy::group, "key");
  std::reverse(again.begin(), again.end());
  REQUIRE(again == splits);
}

TEST_CASE("stratified: every class is split by the shares as well as whole objects allow") {
  auto units = random_units(500);
  SplitShares shares{0.7, 0.2, 0.1};
  auto splits = plan_splits(units, shares, SplitBy::stratify, "key");
  for (int class_idx : {0, 1, 2}) {
    double total = 0;
    for (const auto& u : units)
      if (auto found = u.objects.find(class_idx); found != u.objects.end())
        total += static_cast<double>(found->second);
    // A unit holds at most 12, 2 and 3 objects of the classes.
    double most = class_idx == 0 ? 12 : class_idx == 1 ? 2 : 3;
    for (auto split : {Split::train, Split::val, Split::test})
      REQUIRE(std::abs(static_cast<double>(sum(units, splits, split, class_idx)) -
                       shares.of(split) * total) <= most);
  }
  auto shuffled = units;
  Random(9).shuffle(shuffled);
  auto again = plan_splits(shuffled, shares, SplitBy::stratify, "key");
  std::map<std::string, Split> by_key;
  for (std::size_t i = 0; i < shuffled.size(); ++i) by_key[shuffled[i].key] = again[i];
  for (std::size_t i = 0; i < units.size(); ++i) REQUIRE(by_key[units[i].key] == splits[i]);
}

TEST_CASE("stratified by hand: the rare class first, its larger group where most is lacking") {
  // Rare class 1: 4 objects in r (3) and s (1); half to train is 2, half to test is 2. r goes first; both
  // lack 2 and the images lack the same, so the hash decides; s goes to the other, which lacks 2 against -1.
  std::vector<SplitUnit> units = {unit("r", 1, {{0, 1}, {1, 3}}), unit("s", 1, {{0, 1}, {1, 1}}),
                                  unit("t", 1, {{0, 6}}), unit("u", 1, {{0, 4}})};
  auto splits = plan_splits(units, {0.5, 0, 0.5}, SplitBy::stratify, "key");
  REQUIRE(splits[0] != splits[1]);
  // Class 0: 12 objects, 6 each; 5 are lacking in both after r and s. t (6) comes first, u (4) goes across.
  REQUIRE(splits[2] != splits[3]);
  REQUIRE(std::count(splits.begin(), splits.end(), Split::val) == 0);
}

TEST_CASE("fixed units stay and count against the shares") {
  std::vector<SplitUnit> units = {unit("old", 8, {}, Split::train)};
  for (int i = 0; i < 8; ++i) units.push_back(unit("n" + std::to_string(i), 1));
  for (auto by : {SplitBy::group, SplitBy::stratify}) {
    auto splits = plan_splits(units, {0.5, 0.25, 0.25}, by, "key");
    REQUIRE(splits[0] == Split::train);
    // 16 images: 8, 4 and 4 are wanted, and train has its 8.
    REQUIRE(sum(units, splits, Split::train) == 8);
    REQUIRE(sum(units, splits, Split::val) == 4);
  }
}

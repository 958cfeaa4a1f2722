#include "ds/curation/split_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ds/base/error.h"
#include "ds/base/hash.h"

namespace ds {
namespace {

constexpr std::array<Split, 3> kSplits = {Split::train, Split::val, Split::test};

using Amounts = std::array<double, 3>;  // by place in kSplits

std::size_t place_of(Split split) {
  return static_cast<std::size_t>(std::find(kSplits.begin(), kSplits.end(), split) - kSplits.begin());
}

Split split_at(const SplitShares& shares, double place) {
  if (place < shares.train) return Split::train;
  if (place < shares.train + shares.val) return Split::val;
  // The shares sum to 1 only to rounding: without a test share nothing falls into it.
  return shares.test > 0 ? Split::test : shares.val > 0 ? Split::val : Split::train;
}

/// Deals out units; keeps what each split still lacks of images and of each class.
class Dealer {
 public:
  Dealer(const std::vector<SplitUnit>& units, const SplitShares& shares, const std::string& key)
      : units_(units), shares_(shares), splits_(units.size(), Split::none) {
    double images = 0;
    std::map<int, double> objects;
    for (std::size_t i = 0; i < units.size(); ++i) {
      places_.push_back(keyed_unit(key, units[i].key));
      images += static_cast<double>(units[i].images);
      for (auto [class_idx, count] : units[i].objects) objects[class_idx] += static_cast<double>(count);
    }
    lacking_images_ = part_of(images);
    for (auto [class_idx, count] : objects) lacking_objects_[class_idx] = part_of(count);
    for (std::size_t i = 0; i < units.size(); ++i)
      if (units[i].fixed)
        take(i, *units[i].fixed);
      else
        free_.push_back(i);
  }

  void deal_by_size() {
    sort_free([&](std::size_t i) { return units_[i].images; });
    for (auto i : free_) take(i, best(lacking_images_, lacking_images_, i));
    free_.clear();
  }

  void deal_by_class() {
    while (auto rarest = rarest_class()) {
      std::vector<std::size_t> with, without;
      for (auto i : free_) (units_[i].objects.contains(*rarest) ? with : without).push_back(i);
      free_ = std::move(with);
      sort_free([&](std::size_t i) { return units_[i].objects.at(*rarest); });
      for (auto i : free_) take(i, best(lacking_objects_[*rarest], lacking_images_, i));
      free_ = std::move(without);
    }
    deal_by_size();
  }

  std::vector<Split> finish() { return std::move(splits_); }

 private:
  Amounts part_of(double whole) const {
    return {shares_.train * whole, shares_.val * whole, shares_.test * whole};
  }

  void take(std::size_t i, Split split) {
    splits_[i] = split;
    auto place = place_of(split);
    if (place == kSplits.size()) return;  // fixed to none
    lacking_images_[place] -= static_cast<double>(units_[i].images);
    for (auto [class_idx, count] : units_[i].objects)
      lacking_objects_[class_idx][place] -= static_cast<double>(count);
  }

  /// The split that lacks most; then most of the second; then where the hash falls. One without
  /// a share gets nothing.
  Split best(const Amounts& first, const Amounts& second, std::size_t i) const {
    auto hashed = place_of(split_at(shares_, places_[i]));
    std::size_t best = hashed;
    for (std::size_t s = 0; s < kSplits.size(); ++s) {
      if (shares_.of(kSplits[s]) <= 0) continue;
      if (first[s] > first[best] || (first[s] == first[best] && second[s] > second[best])) best = s;
    }
    return kSplits[best];
  }

  template <typename Size>
  void sort_free(const Size& size) {
    std::sort(free_.begin(), free_.end(), [&](std::size_t a, std::size_t b) {
      if (size(a) != size(b)) return size(a) > size(b);
      return places_[a] != places_[b] ? places_[a] < places_[b] : units_[a].key < units_[b].key;
    });
  }

  std::optional<int> rarest_class() const {
    std::map<int, std::size_t> left;
    for (auto i : free_)
      for (auto [class_idx, count] : units_[i].objects)
        if (count > 0) left[class_idx] += count;
    auto rarest = std::min_element(left.begin(), left.end(),
                                   [](const auto& a, const auto& b) { return a.second < b.second; });
    return rarest == left.end() ? std::nullopt : std::optional(rarest->first);
  }

  const std::vector<SplitUnit>& units_;
  const SplitShares& shares_;
  std::vector<Split> splits_;
  std::vector<double> places_;  // of the hash, [0,1)
  std::vector<std::size_t> free_;
  Amounts lacking_images_{};
  std::map<int, Amounts> lacking_objects_;
};

}  // namespace

double SplitShares::of(Split split) const {
  switch (split) {
    case Split::train:
      return train;
    case Split::val:
      return val;
    case Split::test:
      return test;
    case Split::none:
      break;
  }
  return 0;
}

void SplitShares::validate() const {
  for (double share : {train, val, test})
    if (!(share >= 0 && share <= 1))
      throw UsageError(fmt::format("a split's share is 0 to 1, found {}", share));
  if (std::abs(train + val + test - 1) > 0.001)
    throw UsageError(fmt::format("the shares sum to {}, expected 1 (train {}, val {}, test {})",
                                 std::round((train + val + test) * 1e6) / 1e6, train, val, test));
}

std::vector<Split> plan_splits(const std::vector<SplitUnit>& units, const SplitShares& shares, SplitBy by,
                               const std::string& key) {
  shares.validate();
  if (by == SplitBy::hash) {
    std::vector<Split> splits;
    for (const auto& unit : units)
      splits.push_back(unit.fixed ? *unit.fixed : split_at(shares, keyed_unit(key, unit.key)));
    return splits;
  }
  Dealer dealer(units, shares, key);
  if (by == SplitBy::stratify)
    dealer.deal_by_class();
  else
    dealer.deal_by_size();
  return dealer.finish();
}

}  // namespace ds

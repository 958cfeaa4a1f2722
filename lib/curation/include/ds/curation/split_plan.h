#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/image.h"

/// Which group of images goes into which split; nothing here knows of projects.
namespace ds {

/// Shares of all images, or of each class.
struct SplitShares {
  double train = 0.8;
  double val = 0.1;
  double test = 0.1;
  double of(Split split) const;
  /// Throws UsageError unless each is 0 to 1 and they sum to 1 (to a thousandth).
  void validate() const;
};

enum class SplitBy {
  /// Where the keyed hash of the group's name falls. It depends on nothing else, so new data never moves old,
  /// and another machine finds the same; the shares are met only roughly.
  hash,
  /// As close to the shares as whole groups allow: the largest first, each where most is missing.
  group,
  /// Iterative stratification (Sechidis, Tsoumakas, Vlahavas: On the Stratification of Multi-Label
  /// Data, ECML PKDD 2011, figure 1), on groups and with counts of objects: the class with the fewest
  /// objects left is dealt out first, its largest groups first, each to the split that lacks most of
  /// the class (then most images).
  stratify,
};

/// Images that stay together.
struct SplitUnit {
  std::string key;  // name of the group, unique
  std::size_t images = 0;
  std::map<int, std::size_t> objects;  // by class index
  std::optional<Split> fixed;          // has its split already; counts against the shares
};

/// A split for each unit, in order; fixed ones keep theirs. `key` is that of the project's hash; where two
/// choices are equally good the hash decides, so the outcome does not depend on the order of the units.
std::vector<Split> plan_splits(const std::vector<SplitUnit>& units, const SplitShares& shares, SplitBy by,
                               const std::string& key);

}  // namespace ds

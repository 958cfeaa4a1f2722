#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ds/curation/split_plan.h"
#include "ds/project/project.h"

namespace ds {

struct SplitOptions {
  /// Unset: the shares of project.yaml.
  std::optional<SplitShares> shares = std::nullopt;
  SplitBy by = SplitBy::hash;
  /// Only these images get a split.
  Filter where = {};
  /// Also images that have one. A group that reaches beyond `where` follows its images there.
  bool reassign = false;
};

/// Counts by Split: none, train, val, test.
using SplitCounts = std::array<std::size_t, 4>;

struct SplitReport {
  struct PerClass {
    std::string name;
    SplitCounts before{}, after{};  // objects
  };
  SplitCounts images_before{}, images_after{};
  std::vector<PerClass> classes;
  std::size_t assigned = 0;    // images that had no split
  std::size_t reassigned = 0;  // images that had one, and have another now
  /// Of the reassigned: from, to.
  std::map<std::pair<Split, Split>, std::size_t> moves;
  std::size_t kept = 0;          // chosen images that have a split and keep it for want of `reassign`
  SplitShares shares;            // that were asked for
  bool settings_differ = false;  // from those of project.yaml, which later images follow
};

/// Groups stay whole: an image without a group is a group of its own, named by its bytes. A group of which an
/// image has a split already (and is not reassigned) keeps that. One transaction, journalled; with `dry_run`
/// nothing is written.
SplitReport split_project(Project& project, const SplitOptions& options, bool dry_run);

}  // namespace ds

#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "ds/formats/issue.h"

namespace ds::detail {

/// What lies below a dataset's folder and is no part of what was read from it, one issue a kind with all its files:
/// pictures that no label names, label files that nothing was read from (orphans, other formats), archives, videos,
/// links that lead nowhere. Texts that are no labels (README, lists of classes) are passed over.
/// @param used lexically normal paths
std::vector<Issue> issues_of_rest(const std::filesystem::path& root, const std::set<std::string>& used);

/// True for files that labels are kept in, by their names: .json, .xml, .csv ... and texts with rows of numbers.
bool may_hold_labels(const std::filesystem::path& file);

}  // namespace ds::detail

#pragma once

#include <string>
#include <vector>

#include "ds/base/table.h"
#include "ds/report/model_report.h"

/// Tables of what is found out beyond the leaderboard, for terminals and files.
namespace ds {

/// One row a pair: difference of AP with its interval, p-values, and whether it is proven.
/// @param names of the models in the order of `pairwise`
Table pairs_table(const std::vector<std::string>& names, const PairwiseComparison& pairwise);

/// One row a model and kind of error: how many, and what AP50 would gain without them.
/// @param errors beside `names`
Table error_types_table(const std::vector<std::string>& names, const std::vector<ErrorTypes>& errors);

/// One row a slice: images, objects, AP with its interval, AP50, and AP against the other images.
Table slices_table(const std::vector<Slice>& slices, const std::vector<SliceNumbers>& numbers);

/// oLRP with its parts, D-ECE and LaECE of a model, one a row.
Table quality_table(const ModelReport& model);

}  // namespace ds

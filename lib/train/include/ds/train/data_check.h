#pragma once

#include <vector>

#include "ds/runs/findings.h"
#include "ds/train/train_data.h"

namespace ds {

/// Fatal: empty splits, no objects at all in train or val, missing files. Warnings: classes that are missing or
/// too rare to be measured, objects and images that are small for this input, one class that drowns the others,
/// images without boxes, splits that share pictures or groups, and labels that are likely wrong. Opens no image.
std::vector<DataFinding> check_data(const TrainData& data, const InputSize& input, int smallest_stride = 8);

/// Images of two splits that look alike, as far as the project already knows how its images look
/// (`ds-import leaks` or `dedupe` have computed it). Opens no image.
std::vector<DataFinding> find_look_alikes_between_splits(Project& project, const TrainData& data);

/// Both of these, each finding a warning in the log. Throws DataError for the first fatal one and, when
/// `strict`, for any.
std::vector<DataFinding> require_usable(Project& project, const TrainData& data, const InputSize& input,
                                        bool strict);

}  // namespace ds

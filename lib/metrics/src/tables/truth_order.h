#pragma once

#include <cstdint>
#include <vector>

#include "ds/metrics/eval_input.h"

/// What every metric asks of its input first.
namespace ds::detail {

/// Throws DataError naming the table when an image or class index is out of range.
void check_indices(const TruthTable& truth, const DetectionTable& detections);
/// Image indices by ascending id: the order that ties and seeds depend on, whatever the file's order.
std::vector<std::int32_t> images_by_id(const TruthTable& truth);

}  // namespace ds::detail

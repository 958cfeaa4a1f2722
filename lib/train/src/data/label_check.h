#pragma once

#include <string>
#include <vector>

#include "ds/train/data_check.h"

namespace ds::detail {

/// Labels that are likely wrong: one object drawn twice, one object under two classes, boxes around the whole
/// image where that is rare, boxes so thin that a line was drawn rather than an object. One finding a kind.
void find_label_errors(const std::vector<TrainImage>& images, const std::vector<std::string>& classes,
                       std::vector<DataFinding>& findings);

}  // namespace ds::detail

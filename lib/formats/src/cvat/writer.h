#pragma once

#include <string>
#include <vector>

#include "ds/formats/annotation_format.h"

namespace ds::detail {

/// CVAT for images or for video; "auto" is decided by the dataset.
inline const std::vector<std::string> kCvatKinds = {"auto", "images", "video"};

NameRules cvat_names();
WrittenDataset write_cvat(const Dataset& dataset, const WriteOptions& options);

}  // namespace ds::detail

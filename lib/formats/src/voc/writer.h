#pragma once

#include <string>
#include <vector>

#include "ds/formats/annotation_format.h"

namespace ds::detail {

/// The ways to write coordinates.
inline const std::vector<std::string> kVocWriteCoords = {"asis", "devkit"};

WrittenDataset write_voc(const Dataset& dataset, const WriteOptions& options);
NameRules voc_names();

}  // namespace ds::detail

#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

NameRules mot_names();
WrittenDataset write_mot(const Dataset& dataset, const WriteOptions& options);

}  // namespace ds::detail

#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

NameRules coco_names();
WrittenDataset write_coco(const Dataset& dataset, const WriteOptions& options);
/// All splits in one file.
WrittenDataset write_coco_as_one(const Dataset& dataset, const WriteOptions& options);

}  // namespace ds::detail

#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

NameRules via_names();
WrittenDataset write_via(const Dataset& dataset, const WriteOptions& options);

}  // namespace ds::detail

#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

NameRules open_images_names();
WrittenDataset write_open_images(const Dataset& dataset, const WriteOptions& options);

}  // namespace ds::detail

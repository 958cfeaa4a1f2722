#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

WrittenDataset write_tfrecord(const Dataset& dataset, const WriteOptions& options);

}  // namespace ds::detail

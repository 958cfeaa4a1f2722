#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat tfrecord_format();

}  // namespace ds::detail

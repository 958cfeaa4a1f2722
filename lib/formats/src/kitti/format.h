#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat kitti_format();

}  // namespace ds::detail

#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat coco_format();

}  // namespace ds::detail

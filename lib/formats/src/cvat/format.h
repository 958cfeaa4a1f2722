#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat cvat_format();

}  // namespace ds::detail

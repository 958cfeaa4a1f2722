#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat visdrone_format();

}  // namespace ds::detail

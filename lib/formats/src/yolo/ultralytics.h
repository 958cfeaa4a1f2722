#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat ultralytics_format();

}  // namespace ds::detail

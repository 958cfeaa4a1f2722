#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat via_format();

}  // namespace ds::detail

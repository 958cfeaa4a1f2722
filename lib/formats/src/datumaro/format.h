#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat datumaro_format();

}  // namespace ds::detail

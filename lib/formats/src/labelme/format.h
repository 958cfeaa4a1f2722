#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat labelme_format();

}  // namespace ds::detail

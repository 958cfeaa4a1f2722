#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat voc_format();

}  // namespace ds::detail

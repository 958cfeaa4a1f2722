#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat label_studio_format();

}  // namespace ds::detail

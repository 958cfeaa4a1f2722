#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat mot_format();

}  // namespace ds::detail

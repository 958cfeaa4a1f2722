#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat createml_format();

}  // namespace ds::detail

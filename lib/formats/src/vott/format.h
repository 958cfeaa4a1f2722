#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat vott_format();

}  // namespace ds::detail

#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat csv_format();

}  // namespace ds::detail

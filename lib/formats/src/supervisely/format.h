#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat supervisely_format();

}  // namespace ds::detail

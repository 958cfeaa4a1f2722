#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat darknet_format();

}  // namespace ds::detail

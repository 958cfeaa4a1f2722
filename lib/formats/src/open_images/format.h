#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat open_images_format();

}  // namespace ds::detail

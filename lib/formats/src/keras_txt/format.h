#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat keras_txt_format();

}  // namespace ds::detail

#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat mots_format();

}  // namespace ds::detail

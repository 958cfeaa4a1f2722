#pragma once

#include "ds/formats/annotation_format.h"

namespace ds::detail {

AnnotationFormat dota_format();

}  // namespace ds::detail

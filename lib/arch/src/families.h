#pragma once

#include "ds/arch/architecture.h"

/// One function, and one file, per family.
namespace ds::detail {

using Architectures = Registry<Architecture>;

void add_yolox(Architectures& all);
void add_rtmdet(Architectures& all);
void add_ssdlite(Architectures& all);
void add_faster_rcnn(Architectures& all);

}  // namespace ds::detail

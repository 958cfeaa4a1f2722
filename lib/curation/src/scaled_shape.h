#pragma once

#include "ds/geometry/shape.h"

namespace ds::detail {

/// The shape on a picture of another size: x times sx, y times sy. Masks become their outline, and so do
/// turned boxes and ellipses where sx and sy differ.
Shape scaled_shape(const Shape& shape, double sx, double sy);

}  // namespace ds::detail

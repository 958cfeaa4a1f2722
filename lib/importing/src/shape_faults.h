#pragma once

#include <cstddef>
#include <optional>

#include "ds/dataset/annotation.h"

namespace ds::detail {

/// An outline without the rings that enclose nothing (under three points, or no area) and without points that
/// repeat the one before; nothing when there are none. A polygon that has no ring left becomes its box.
std::optional<Shape> without_degenerate_rings(const Shape& shape);

/// The same object twice: class, shape and every mark, whatever their ids and sources.
bool is_duplicate(const Annotation& a, const Annotation& b);

}  // namespace ds::detail

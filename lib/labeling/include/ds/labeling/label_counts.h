#pragma once

#include <cstddef>

#include "ds/dataset/image.h"

namespace ds {

/// Annotations that a model proposed and no person has seen yet.
std::size_t proposal_count(const Image& image);
/// Annotations that a person made or accepted, or that came with the data.
std::size_t label_count(const Image& image);

}  // namespace ds

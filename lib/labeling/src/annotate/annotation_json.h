#pragma once

#include <nlohmann/json.hpp>

#include "ds/dataset/dataset.h"

namespace ds::detail {

/// What a patch left of one annotation, as an Annotation. `original` is the one with this id before the
/// patch, or null for a new one. Throws DataError for what is no annotation, UsageError for an unknown class.
Annotation annotation_from_document(const nlohmann::ordered_json& document, const Annotation* original,
                                    const ClassList& classes);

}  // namespace ds::detail

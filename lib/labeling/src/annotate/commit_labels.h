#pragma once

#include <optional>
#include <vector>

#include "ds/labeling/annotate.h"

namespace ds::detail {

/// Stores what a person made of the image's labels, and the state when they say so (else the one that
/// state_after_annotating gives), as one journal entry; nothing when nothing differs.
AnnotateResult commit_labels(Project& project, const Image& image, std::vector<Annotation> annotations,
                             const AnnotateOptions& options, std::optional<ImageState> state = std::nullopt);

}  // namespace ds::detail

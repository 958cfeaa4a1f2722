#pragma once

#include <filesystem>

#include "ds/metrics/open_images.h"

namespace ds {

/// Open Images' hierarchy: `{"LabelName": ..., "Subcategory": [the same again, ...]}`; `Part` is not looked
/// at. A name may stand in several places. Throws FormatError on anything else.
LabelHierarchy read_label_hierarchy(const std::filesystem::path& path);

}  // namespace ds

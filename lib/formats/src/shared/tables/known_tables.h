#pragma once

#include <string_view>

#include "shared/tables/csv_table.h"

/// Tables that belong to a format, told by their first row: plain CSV leaves them alone.
namespace ds::detail {

enum class OpenImagesKind { other, classes, images, boxes, masks, labels };

/// By the first row; the class descriptions of v5 have no header, their first row begins with a machine id.
OpenImagesKind open_images_kind(const CsvRow& first);
/// By the head of a file.
OpenImagesKind open_images_kind(std::string_view head);

/// Whether the first line is VoTT's: image, xmin, ymin, xmax, ymax, label.
bool is_vott_header(std::string_view head);

}  // namespace ds::detail

#include "shared/tables/known_tables.h"

#include <algorithm>

namespace ds::detail {

OpenImagesKind open_images_kind(const CsvRow& first) {
  CsvColumns columns(first);
  auto all = [&](std::initializer_list<const char*> names) {
    return std::all_of(names.begin(), names.end(), [&](const char* name) { return columns.has(name); });
  };
  if (all({"MaskPath", "ImageID", "LabelName"})) return OpenImagesKind::masks;
  if (all({"ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax"})) return OpenImagesKind::boxes;
  if (all({"ImageID", "LabelName", "Confidence"})) return OpenImagesKind::labels;
  if (all({"ImageID"}) && !columns.has("LabelName") &&
      (columns.has("Subset") || columns.has("Rotation") || columns.has("OriginalURL")))
    return OpenImagesKind::images;
  if (first.cells.size() == 2) {
    const auto& id = first.cells[0];
    bool machine_id = id.starts_with("/m/") || id.starts_with("/g/") || id.starts_with("/t/");
    if (machine_id || all({"LabelName", "DisplayName"})) return OpenImagesKind::classes;
  }
  return OpenImagesKind::other;
}

OpenImagesKind open_images_kind(std::string_view head) {
  auto rows = csv_rows(head);
  return open_images_kind(rows.empty() ? CsvRow{} : rows[0]);
}

bool is_vott_header(std::string_view head) {
  auto rows = csv_rows(head.substr(0, head.find('\n')));
  return !rows.empty() &&
         rows[0].cells == std::vector<std::string>{"image", "xmin", "ymin", "xmax", "ymax", "label"};
}

}  // namespace ds::detail

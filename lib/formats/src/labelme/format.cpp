// LabelMe: one JSON file an image (wkentaro's tool, X-AnyLabeling), and the XML of MIT's older tool.
#include "labelme/parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "labelme/format.h"
#include "shared/source_peek.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

bool is_labelme_json(const JsonOutline& outline) {
  return outline.is_object && outline.has("shapes") &&
         (outline.has("imagePath") || outline.has("imageData") || outline.has("imageHeight"));
}

std::optional<std::string> detect_labelme(const SourcePeek& source) {
  for (const auto& file : source.few(".json"))
    if (is_labelme_json(source.json(file))) return source.shown(file) + " has shapes and imagePath";
  for (const auto& file : source.few(".xml"))
    if (is_labelme_xml(source.head(file))) return source.shown(file) + " is an <annotation> of MIT LabelMe";
  return std::nullopt;
}

// Masks and scribbles of MIT's layout are no images of the dataset.
bool is_side_picture(const fs::path& file) {
  return std::any_of(file.begin(), file.end(),
                     [](const fs::path& part) { return part == "Masks" || part == "Scribbles"; });
}

ReadResult read_labelme(const fs::path& path, const ReadOptions& options) {
  Reading reading("labelme", path, options);
  SourcePeek source(path);
  std::vector<fs::path> xml;
  for (const auto& file : source.files(".xml"))
    if (is_labelme_xml(source.head(file))) xml.push_back(file);
  if (xml.empty() && source.files(".json").empty())
    throw DataError(fmt::format("{}: no LabelMe file (.json with shapes, or MIT's .xml)", path.string()));
  std::set<std::string> used;
  read_labelme_json(reading, source.files(".json"), used);
  read_labelme_xml(reading, path, xml, used);
  if (source.is_folder()) {
    for (const auto& file : files_below(path, [](const fs::path& f) { return has_image_suffix(f); })) {
      if (is_side_picture(file) || used.contains(file.lexically_normal().string())) continue;
      auto index = reading.add_image(file, reading.name_of(file), std::nullopt, {.path = file});
      if (index) reading.image(*index).split = split_of_folder(file, path).value_or(Split::none);
    }
  }
  return reading.finish();
}

}  // namespace

AnnotationFormat labelme_format() {
  return {.detect = detect_labelme,
          .read = read_labelme,
          .write = write_labelme,
          .names = labelme_names(),
          .needs_labels = true};
}

}  // namespace ds::detail

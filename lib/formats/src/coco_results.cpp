#include "ds/formats/coco_results.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "shared/json_file.h"

namespace ds {

namespace {

std::int64_t id_of_image(const Image& image, std::size_t position) {
  return image.id != 0 ? image.id : static_cast<std::int64_t>(position) + 1;
}

}  // namespace

std::string coco_results_json(const std::vector<ImageDetections>& detections) {
  auto results = nlohmann::ordered_json::array();
  for (const auto& image : detections) {
    for (const auto& found : image.detections) {
      results.push_back({{"image_id", image.image_id},
                         {"category_id", found.class_idx + 1},
                         {"bbox", {found.box.x0, found.box.y0, found.box.width(), found.box.height()}},
                         {"score", found.score}});
    }
  }
  return results.dump(1) + "\n";
}

std::vector<ImageDetections> read_coco_results(const std::filesystem::path& file, const Dataset& truth) {
  auto document = detail::load_json(file);
  if (!document.is_array()) throw FormatError({.path = file}, "found no array, expected a COCO results file");
  std::vector<ImageDetections> results;
  std::map<std::string, std::size_t> position;
  for (std::size_t i = 0; i < truth.images.size(); ++i) {
    auto id = id_of_image(truth.images[i], i);
    position[std::to_string(id)] = i;
    results.push_back({id, truth.images[i].name, {}});
  }
  for (std::size_t i = 0; i < document.size(); ++i) {
    const auto& entry = document[i];
    auto bad = [&](const std::string& what) {
      throw FormatError({.path = file, .pointer = fmt::format("/{}", i)}, what);
    };
    if (!entry.is_object() || !entry.contains("image_id") || !entry.contains("category_id"))
      bad("needs image_id and category_id");
    auto image = detail::id_of(entry["image_id"]);
    if (!image || !position.contains(*image))
      bad(fmt::format("no image has the id {}", entry["image_id"].dump()));
    auto category = detail::number_of(entry["category_id"]);
    if (!category || *category < 1 || *category > truth.classes.size())
      bad(fmt::format("no class has the id {}", entry["category_id"].dump()));
    auto score = entry.contains("score") ? detail::number_of(entry["score"]) : std::nullopt;
    if (!score) bad("needs a finite score");
    if (!entry.contains("bbox") || !entry["bbox"].is_array() || entry["bbox"].size() != 4)
      bad("needs a bbox of four numbers");
    double n[4];
    for (std::size_t k = 0; k < 4; ++k) {
      auto number = detail::number_of(entry["bbox"][k]);
      if (!number) bad("needs a bbox of four finite numbers");
      n[k] = *number;
    }
    results[position[*image]].detections.push_back(
        {static_cast<int>(*category) - 1, *score, xywh_to_xyxy(n[0], n[1], n[2], n[3])});
  }
  return results;
}

}  // namespace ds

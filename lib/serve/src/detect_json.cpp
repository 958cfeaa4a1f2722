#include "detect_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace ds::detail {

using Json = nlohmann::ordered_json;

std::string detect_json(const Generation& generation, int width, int height, double threshold,
                        const std::vector<Detection>& found, double inference_ms) {
  Json detections = Json::array();
  for (const auto& one : found)
    detections.push_back({{"class", generation.card.classes.at(static_cast<std::size_t>(one.class_idx))},
                          {"class_idx", one.class_idx},
                          {"score", one.score},
                          {"box", {one.box.x0, one.box.y0, one.box.x1, one.box.y1}}});
  Json answer{{"model", generation.model.id},
              {"generation", generation.model.generation},
              {"width", width},
              {"height", height},
              {"score_threshold", threshold},
              {"inference_ms", std::round(inference_ms * 1000) / 1000},
              {"detections", std::move(detections)}};
  return answer.dump() + "\n";
}

std::string metadata_json(const Generation& generation, const std::string& name) {
  const auto& card = generation.card;
  Json metadata{{"name", name},
                {"versions", {std::to_string(generation.model.generation)}},
                {"platform", "ds"},
                {"inputs", {{{"name", "image"}, {"datatype", "BYTES"}, {"shape", {1}}}}},
                {"outputs",
                 {{{"name", "boxes"}, {"datatype", "FP32"}, {"shape", {-1, 4}}},
                  {{"name", "scores"}, {"datatype", "FP32"}, {"shape", {-1}}},
                  {{"name", "classes"}, {"datatype", "INT64"}, {"shape", {-1}}}}},
                {"parameters",
                 {{"model", generation.model.id},
                  {"generation", generation.model.generation},
                  {"architecture", card.architecture},
                  {"classes", card.classes},
                  {"score_threshold", generation.threshold}}}};
  return metadata.dump() + "\n";
}

}  // namespace ds::detail

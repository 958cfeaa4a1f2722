#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "model_slot.h"

namespace ds::detail {

/// The answer of /v1/detect. Boxes are [x0, y0, x1, y1] in pixels of the upright picture.
std::string detect_json(const Generation& generation, int width, int height, double threshold,
                        const std::vector<Detection>& found, double inference_ms);
/// The Open Inference Protocol's metadata of the model.
std::string metadata_json(const Generation& generation, const std::string& name);

}  // namespace ds::detail

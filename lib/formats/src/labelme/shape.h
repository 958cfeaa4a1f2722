#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "ds/dataset/annotation.h"
#include "ds/formats/issue.h"

namespace ds::detail {

/// Says what is wrong with a shape: severity, code, the member it is about (may be empty), message.
using LabelmeReport =
    std::function<void(Severity, const std::string& code, const std::string& member, const std::string&)>;

/// Everything of a shape entry but its class; nothing, with a report, when it has no usable geometry.
/// @param width, height of the picture that was drawn on
std::optional<Annotation> read_labelme_shape(const nlohmann::json& entry, int width, int height,
                                             const LabelmeReport& report);

}  // namespace ds::detail

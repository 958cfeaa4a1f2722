#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "ds/dataset/annotation.h"
#include "ds/formats/issue.h"

namespace ds::detail {

/// What is wrong with which member of an entry ("bbox").
using CocoReport = std::function<void(Severity severity, const std::string& code, const std::string& member,
                                      const std::string& message)>;

/// An entry of `annotations` without its class: shape, flags, area, attributes. Nothing, with a report, when
/// it has neither a box nor an outline.
std::optional<Annotation> read_coco_annotation(const nlohmann::json& entry, const CocoReport& report);

}  // namespace ds::detail

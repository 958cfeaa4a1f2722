#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "ds/geometry/shape.h"

namespace ds::detail {

using ViaReport = std::function<void(const std::string& code, const std::string& message)>;

/// A region's shape_attributes; nothing, with a report, when they are no shape of VIA's.
std::optional<Shape> read_via_shape(const nlohmann::json& region, const ViaReport& report);

}  // namespace ds::detail

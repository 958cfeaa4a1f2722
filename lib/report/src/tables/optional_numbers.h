#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "ds/metrics/bootstrap.h"

/// Numbers that may be missing, as tables and documents take them.
namespace ds::detail {

/// COCO's -1 is: no objects.
inline std::optional<double> known(double value) {
  return value < 0 ? std::nullopt : std::optional(value);
}

inline nlohmann::ordered_json number_or_null(const std::optional<double>& value) {
  return value && std::isfinite(*value) ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

/// `[low, high]`
inline nlohmann::ordered_json interval_or_null(const std::optional<Interval>& interval) {
  return interval ? nlohmann::ordered_json::array({interval->low, interval->high}) : nlohmann::ordered_json();
}

}  // namespace ds::detail

#pragma once

#include <nlohmann/json.hpp>
#include <optional>

/// Numbers that a run may not have yet: null in its files.
namespace ds::detail {

inline nlohmann::ordered_json number_or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

/// Nothing where the key is absent, too: files of older versions have fewer.
inline std::optional<double> number_if_there(const nlohmann::ordered_json& json, const char* key) {
  auto found = json.find(key);
  if (found == json.end() || found->is_null()) return std::nullopt;
  return found->get<double>();
}

}  // namespace ds::detail

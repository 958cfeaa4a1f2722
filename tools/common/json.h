#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace ds::tool {

/// What is not known is null, not a text or a number that stands for it.
inline nlohmann::ordered_json or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

template <typename T>
nlohmann::ordered_json or_null(const std::optional<T>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace ds::tool

#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/error.h"

namespace ds::detail {

/// Throws FormatError `file:line:column` when it is no JSON.
nlohmann::json load_json(const std::filesystem::path& file);
/// What the error says, without the place in front.
std::string message_without_place(const FormatError& error);
/// A finite number, also from a text that holds one; nothing else.
std::optional<double> number_of(const nlohmann::json& value);
/// An id as text: 3, 3.0 and "3" are the same. `odd` is set when it was not an integer.
std::optional<std::string> id_of(const nlohmann::json& value, bool* odd = nullptr);
/// As text for attributes: strings bare, everything else as JSON.
std::string text_of(const nlohmann::json& value);

}  // namespace ds::detail

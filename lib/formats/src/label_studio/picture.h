#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "shared/reading.h"

/// What a task of Label Studio says of its picture.
namespace ds::detail {

/// The key of a task's data under which the picture's address stands: `image`, else whatever looks like one;
/// empty: none does.
std::string picture_key(const nlohmann::json& data);

/// The size that a result was drawn on.
std::optional<Reading::Declared> declared_size_in(const nlohmann::json& task);

/// The bytes of a picture (`data:image/png;base64,...`) that stands at a pointer of a JSON file; read anew each
/// time, since many at once would be too large.
std::function<std::string()> picture_inside(const std::filesystem::path& file, const std::string& pointer);
/// The bytes of a picture that is the address itself.
std::function<std::string()> picture_of_text(const std::string& address, const Location& place);

}  // namespace ds::detail

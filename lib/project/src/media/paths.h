#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "database/database.h"

namespace ds::detail {

/// The blob media/ab/<sha256>.<ext>, whatever its extension.
std::optional<std::filesystem::path> find_blob(const std::filesystem::path& folder,
                                               const std::string& sha256);
/// The blob, or the file that a reference names, when it is there. Inside the caller's transaction.
std::optional<std::filesystem::path> find_media(Database& database, const std::filesystem::path& folder,
                                                const std::string& sha256);

}  // namespace ds::detail

#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "database/database.h"

namespace ds::detail {

/// Project::verify.
std::size_t verify_project(Database& database, const std::filesystem::path& folder,
                           const std::function<void(const std::string&)>& report);

}  // namespace ds::detail

#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "database.h"

namespace ds {

/// Project::verify.
std::size_t verify_project(Database& database, const std::filesystem::path& folder,
                           const std::function<void(const std::string&)>& report);

}  // namespace ds

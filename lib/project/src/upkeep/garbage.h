#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "database/database.h"

namespace ds::detail {

struct Removed {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};

/// Project::collect_garbage.
Removed collect_project_garbage(Database& database, const std::filesystem::path& folder,
                                const std::function<void(const std::string&)>& report, double min_age_s,
                                bool dry_run);

}  // namespace ds::detail

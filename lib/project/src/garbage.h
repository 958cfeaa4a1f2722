#pragma once

#include "database.h"
#include "ds/project/project.h"

namespace ds {

/// Project::collect_garbage.
Project::Garbage collect_project_garbage(Database& database, const std::filesystem::path& folder,
                                         const std::function<void(const std::string&)>& report,
                                         double min_age_s, bool dry_run);

}  // namespace ds

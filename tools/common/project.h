#pragma once

#include <memory>

#include "ds/cli/tool.h"
#include "ds/project/project.h"

namespace ds::tool {

/// The project that --project, $DS_PROJECT or the working folder names, opened as the acting user.
Project open_project(const Context& context);

/// Null when there is no project here and none was named.
std::unique_ptr<Project> open_project_if_any(const Context& context);

}  // namespace ds::tool

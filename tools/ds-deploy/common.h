#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "ds/cli/tool.h"
#include "ds/deploy/deployments.h"
#include "ds/project/project.h"

/// What several verbs do the same way.
namespace ds::deploying {

Project open_project(const Context& context);
/// Null when there is no project here and none was named.
std::unique_ptr<Project> open_project_if_any(const Context& context);

nlohmann::ordered_json to_json(const DeploymentStatus& status);
/// The JSON with --json, else a few lines.
void print(Context& context, const DeploymentStatus& status);

}  // namespace ds::deploying

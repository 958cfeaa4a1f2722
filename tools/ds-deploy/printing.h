#pragma once

#include <nlohmann/json_fwd.hpp>

#include "ds/cli/tool.h"
#include "ds/deploy/deployments.h"

/// What several verbs do the same way.
namespace ds::deploy_tool {

nlohmann::ordered_json to_json(const DeploymentStatus& status);
/// The JSON with --json, else a few lines.
void print(Context& context, const DeploymentStatus& status);

}  // namespace ds::deploy_tool

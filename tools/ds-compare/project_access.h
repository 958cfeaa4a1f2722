#pragma once

#include "ds/cli/tool.h"
#include "ds/project/project.h"

namespace ds::compare {

/// The project that --project, $DS_PROJECT or the working folder names.
inline Project open_project(const Context& context) {
  return Project(Project::find(context.shared.project),
                 {context.shared.effective_user(), "ds-compare", context.shared.lock_wait_s});
}

}  // namespace ds::compare

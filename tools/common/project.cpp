#include "project.h"

#include <cstdlib>
#include <filesystem>

#include "ds/base/error.h"

namespace ds::tool {
namespace {

OpenOptions open_options(const Context& context) {
  return {.user = context.shared.effective_user(),
          .tool = context.tool,
          .lock_wait_s = context.shared.lock_wait_s};
}

}  // namespace

Project open_project(const Context& context) {
  return Project(Project::find(context.shared.project), open_options(context));
}

std::unique_ptr<Project> open_project_if_any(const Context& context) {
  bool named = !context.shared.project.empty() || std::getenv("DS_PROJECT") != nullptr;
  std::filesystem::path folder;
  try {
    folder = Project::find(context.shared.project);
  } catch (const UsageError&) {
    if (named) throw;
    return nullptr;
  }
  return std::make_unique<Project>(folder, open_options(context));
}

}  // namespace ds::tool
